// Back from the identity provider: what it sent goes on to our server, and out of the address.
"use strict";

window.history.replaceState(null, "", window.location.pathname);
document.getElementById("back").submit();
