// Small conveniences that every page has; nothing here is needed to read or send anything.

import { _ } from "./language.js";

const copied = (button) => {
  const word = button.querySelector("span") ?? button;
  const before = word.textContent;
  word.textContent = _("Tersalin");
  setTimeout(() => { word.textContent = before; }, 2000);
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.closest(".snippet")?.querySelector("code") ?? document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    copied(button);
  } catch {
    // Without https a browser refuses; the text is selected instead.
    getSelection().selectAllChildren(source);
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = [...document.querySelectorAll('input[type="search"]')].find((input) => input.offsetParent);
  if (!box) return;
  event.preventDefault();
  box.focus();
});

// Panes of a desk: <div class="grip" data-grip="list" data-pane="id" data-sign="1" role="separator" tabindex="0">.
const setPane = (grip, width) => {
  const bounded = Math.max(200, Math.min(640, Math.round(width)));
  document.documentElement.style.setProperty(`--${grip.dataset.grip}`, `${bounded}px`);
  grip.setAttribute("aria-valuenow", bounded);
  localStorage.setItem(`sebar-pane-${grip.dataset.grip}`, bounded);
};

for (const grip of document.querySelectorAll("[data-grip]")) {
  const width = () => document.getElementById(grip.dataset.pane).offsetWidth;
  const sign = Number(grip.dataset.sign ?? 1);
  const kept = Number(localStorage.getItem(`sebar-pane-${grip.dataset.grip}`));
  if (kept) setPane(grip, kept);
  grip.addEventListener("pointerdown", (down) => {
    const start = width();
    grip.setPointerCapture(down.pointerId);
    grip.onpointermove = (move) => setPane(grip, start + sign * (move.clientX - down.clientX));
  });
  grip.addEventListener("pointerup", () => { grip.onpointermove = null; });
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (step) setPane(grip, width() + sign * step);
  });
}
