// Passkeys: what the server asks for is asked of the browser, and its answer is sent with the form.
"use strict";

const said = (html) => {
  document.getElementById("said").innerHTML = html;
};

const bytes = (text) =>
  Uint8Array.from(window.atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const text = (buffer) =>
  window
    .btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

// As the two sides write it: WebAuthn's JSON, in which what is bytes is base64url.
const asked = (options) => {
  const found = { ...options, challenge: bytes(options.challenge) };
  if (options.user) {
    found.user = { ...options.user, id: bytes(options.user.id) };
  }
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    if (options[name]) {
      found[name] = options[name].map((one) => ({ ...one, id: bytes(one.id) }));
    }
  }
  return found;
};

const answered = (credential) => {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) {
      response[name] = text(credential.response[name]);
    }
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response,
  });
};

const send = async (address, fields) => {
  const response = await window.fetch(address, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "HX-Request": "true" },
  });
  if (!response.ok) {
    said(await response.text());
    return null;
  }
  return response;
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said("");
    const fields = Object.fromEntries(new window.FormData(form));
    const { current, ...rest } = fields;
    const wanted = await send(form.dataset.passkey, current === undefined ? {} : { current });
    if (!wanted) {
      return;
    }
    const options = asked(await wanted.json());
    let credential = null;
    try {
      const container = window.navigator.credentials;
      credential = await (options.user
        ? container.create({ publicKey: options })
        : container.get({ publicKey: options }));
    } catch {
      return; // the person has thought better of it
    }
    const done = await send(form.getAttribute("action"), { ...rest, credential: answered(credential) });
    if (done) {
      window.location.assign(done.headers.get("HX-Redirect"));
    }
  });
}
