/* Keyboard, dialogs, rows that open, dropping files. Every page also works without this file. */
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const current = () => document.querySelector("[data-row].current");

  function select(row) {
    current()?.classList.remove("current");
    row.classList.add("current");
    (row.querySelector("[data-open]") || row.querySelector("a"))?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const place = all.indexOf(current());
    select(all[Math.min(Math.max(place + step, 0), all.length - 1)] || all[0]);
  }

  // A key acts on the selected line when it offers that act, else on the page.
  function act(name) {
    const place = current()?.querySelector(`[data-key="${name}"]`) || document.querySelector(`main [data-key="${name}"]:not([data-row] *)`);
    if (!place) return false;
    if (place.matches("details")) {
      place.open = true;
      place.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
      place.scrollIntoView({ block: "nearest" });
    } else if (place.matches("input, textarea, select")) {
      place.focus();
    } else {
      place.click();
    }
    return true;
  }

  const keys = {
    "/": () => { const search = document.querySelector("[data-search]"); search?.focus(); search?.select(); return !!search; },
    j: () => { move(1); return true; },
    k: () => { move(-1); return true; },
    Enter: () => { const link = current()?.querySelector("[data-open]"); link?.click(); return !!link; },
    a: () => act("approve"),
    e: () => act("edit"),
    c: () => act("call"),
    p: () => act("pause"),
    "?": () => { document.querySelector("#keys")?.showModal(); return true; },
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (typing(event.target)) event.target.blur();
      document.querySelectorAll("details.menu[open], details.why[open], .rail-more[open]").forEach((open) => { open.open = false; });
      return;
    }
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target !== document.body && !event.target.matches("[data-open]")) return;
    if (keys[event.key]?.()) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog) { event.preventDefault(); dialog.showModal(); }
      return;
    }
    if (event.target.closest("[data-close]")) { event.target.closest("dialog")?.close(); return; }
    if (event.target.closest("[data-print]")) { window.print(); return; }
    document.querySelectorAll("details.menu[open], details.why[open], .rail-more[open]").forEach((open) => {
      if (!open.contains(event.target)) open.open = false;
    });
    const row = event.target.closest("[data-row]");
    if (!row || event.target.closest("a, button, input, label, select, textarea, summary, details, form .inside") || String(window.getSelection())) return;
    const link = row.querySelector("[data-open]");
    if (link) (event.ctrlKey || event.metaKey) ? window.open(link.href) : link.click();
  });

  // The button of a group says how many it would approve.
  function recount(form) {
    const boxes = [...form.querySelectorAll("input[name=action]")];
    const chosen = boxes.filter((box) => box.checked).length;
    const label = form.querySelector("[data-count-label]");
    const button = label?.closest("button");
    if (label) label.textContent = (chosen === 1 ? label.dataset.one : label.dataset.many).replace("{n}", chosen);
    if (button) button.disabled = chosen === 0;
    const all = form.querySelector("[data-all]");
    if (all) { all.checked = chosen === boxes.length; all.indeterminate = chosen > 0 && chosen < boxes.length; }
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    const form = box.closest("form[data-group]");
    if (form && box.matches("[data-all]")) form.querySelectorAll("input[name=action]").forEach((one) => { one.checked = box.checked; });
    if (form) recount(form);
    if (box.matches("[data-submit]")) box.form.requestSubmit();
  });

  function upload(form) {
    const input = form.querySelector("input[type=file]");
    const progress = form.querySelector("progress");
    const status = form.querySelector("[data-status]");
    if (!input.files.length) return;
    const limit = Number(form.dataset.limit || 0);
    const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
    if (limit && size > limit) { status.textContent = form.dataset.tooLarge; status.classList.add("error"); return; }
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    progress.hidden = false;
    status.textContent = form.dataset.sending;
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      progress.value = event.loaded / event.total;
      if (event.loaded === event.total) { progress.removeAttribute("value"); status.textContent = form.dataset.reading; }
    });
    request.addEventListener("load", () => {
      if (request.status < 400 && request.responseURL) { window.location.assign(request.responseURL); return; }
      progress.hidden = true;
      status.textContent = form.dataset.failed;
    });
    request.addEventListener("error", () => { progress.hidden = true; status.textContent = form.dataset.failed; });
    request.send(new FormData(form));
  }

  function prepareDrop(form) {
    const zone = form.querySelector(".drop");
    const input = form.querySelector("input[type=file]");
    input.addEventListener("change", () => upload(form));
    form.addEventListener("submit", (event) => { event.preventDefault(); upload(form); });
    let depth = 0;
    zone.addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; zone.classList.add("over"); });
    zone.addEventListener("dragover", (event) => event.preventDefault());
    zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) { depth = 0; zone.classList.remove("over"); } });
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      depth = 0;
      zone.classList.remove("over");
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      upload(form);
    });
  }

  document.querySelectorAll("form[data-group]").forEach(recount);
  document.querySelectorAll("form[data-drop]").forEach(prepareDrop);
  // After a refused form, the summary speaks first.
  document.querySelector(".error-summary")?.focus();
  // A link to one of the side forms opens it.
  if (window.location.hash) {
    const place = document.querySelector(`details${CSS.escape ? "#" + CSS.escape(window.location.hash.slice(1)) : ""}`);
    if (place) place.open = true;
  }
})();
