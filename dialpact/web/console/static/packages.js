// A package may be dropped on the page: it is then the file of the form.
"use strict";

const drop = document.getElementById("drop");
const file = document.getElementById("f-file");

for (const name of ["dragover", "drop"]) {
  // Beside the form a browser would open the file in the place of the page.
  document.addEventListener(name, (event) => event.preventDefault());
}
drop.addEventListener("dragover", () => drop.classList.add("over"));
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  drop.classList.remove("over");
  const given = event.dataTransfer?.files;
  if (given?.length === 1) {
    file.files = given;
    file.focus();
  }
});
document.addEventListener("htmx:after:swap", () => {
  const found = document.getElementById("found");
  if (found.textContent.trim()) found.focus();
});
