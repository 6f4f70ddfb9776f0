// What every page does beside what it says: nothing of it is needed to read or to send a form.
"use strict";

// A link or a button that asks before it does: its question is in data-ask.
document.addEventListener("submit", (event) => {
  const asked = event.submitter?.dataset.ask;
  if (asked && !window.confirm(asked)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// What was said goes to the eye, and to who listens.
document.addEventListener("htmx:after:swap", () => {
  const said = document.querySelector("#said .alert");
  if (said) {
    said.setAttribute("tabindex", "-1");
    said.focus();
  }
});
