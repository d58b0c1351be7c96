// The little that pages do in the browser. Every page works without it.
"use strict";

// The one-time link's secret stands in the fragment: move it into the form, and out of the address bar.
for (const form of document.querySelectorAll("[data-code-from-fragment]")) {
  const code = location.hash.slice(1);
  if (code) {
    form.elements.code.value = code;
    form.querySelector("[data-code-row]").hidden = true;
    history.replaceState(null, "", location.pathname);
    form.elements.email.focus();
  }
}

// On a narrow window the tabs scroll: begin with the current one in sight.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - 24;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.textContent;
    button.textContent = document.body.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}

// One question at a time: opening one closes the others.
document.addEventListener("toggle", (event) => {
  if (!event.target.open || !event.target.matches("details.ask")) return;
  for (const other of document.querySelectorAll("details.ask[open]")) {
    if (other !== event.target) other.open = false;
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.ask[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// A big file takes a while: say so, and don't take it twice. Only once the form is on its way: a disabled button's own value
// would not go with it.
for (const form of document.querySelectorAll("form[enctype='multipart/form-data']")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    const chosen = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    if (!button || !chosen) return;
    setTimeout(() => {
      button.disabled = true;
      button.textContent = document.body.dataset.uploading;
    });
  });
}
