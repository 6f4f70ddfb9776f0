// The token of a one-time link stands behind the # of its address, which no browser sends: it is written into
// the form here, and taken out of the address.
"use strict";

const token = window.location.hash.slice(1);
if (token) {
  document.getElementById("f-link").value = token;
  window.history.replaceState(null, "", window.location.pathname);
}
