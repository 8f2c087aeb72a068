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

  // Dropped files go to the server in several requests: a folder may hold more than one request takes.
  const BATCH_FILES = 50;
  const BATCH_BYTES = 16 * 1024 * 1024;

  function batches(files) {
    const all = [[]];
    let size = 0;
    for (const one of files) {
      const last = all[all.length - 1];
      if (last.length && (last.length >= BATCH_FILES || size + one.file.size > BATCH_BYTES)) { all.push([one]); size = one.file.size; }
      else { last.push(one); size += one.file.size; }
    }
    return all;
  }

  function send(form, batch, marks, sent) {
    return new Promise((done) => {
      const body = new FormData();
      body.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      body.append("paths", JSON.stringify(batch.map((one) => one.path)));
      marks.forEach((mark) => body.append(mark, "1"));
      batch.forEach((one) => body.append("files", one.file, one.file.name));
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => sent(event.loaded));
      request.addEventListener("load", () => done(request.response || {}));
      request.addEventListener("error", () => done({}));
      request.send(body);
    });
  }

  async function upload(form, files) {
    const progress = form.querySelector("progress");
    const status = form.querySelector("[data-status]");
    const fail = (text) => { progress.hidden = true; status.textContent = text; status.classList.add("error"); };
    status.classList.remove("error");
    const wanted = files.filter((one) => !one.path.split("/").some((part) => part.startsWith(".")));
    const total = wanted.reduce((sum, one) => sum + one.file.size, 0);
    if (!wanted.length) { fail(form.dataset.empty); return; }
    if (Number(form.dataset.limit) && total > Number(form.dataset.limit)) { fail(form.dataset.tooLarge); return; }
    if (Number(form.dataset.most) && wanted.length > Number(form.dataset.most)) { fail(form.dataset.tooMany); return; }
    progress.hidden = false;
    status.textContent = form.dataset.sending;
    let before = 0;
    let answer = {};
    const all = batches(wanted);
    for (const [place, batch] of all.entries()) {
      const marks = [...(place ? ["more"] : []), ...(place === all.length - 1 ? ["last"] : [])];
      answer = await send(form, batch, marks, (loaded) => { progress.value = Math.min((before + loaded) / (total || 1), 1); });
      if (!answer.next) { fail(answer.error || form.dataset.failed); return; }
      before += batch.reduce((sum, one) => sum + one.file.size, 0);
    }
    progress.removeAttribute("value");
    status.textContent = form.dataset.reading;
    window.location.assign(answer.next);
  }

  const chosen = (input) => [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

  // What was dropped, folders walked: a folder is read some entries at a time until there are none.
  async function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
    const found = [];
    async function walk(entry) {
      if (entry.isFile) {
        const file = await new Promise((done) => { entry.file(done, () => done(null)); });
        if (file) found.push({ file, path: entry.fullPath.replace(/^\//, "") });
        return;
      }
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((done) => { reader.readEntries(done, () => done([])); });
        if (!some.length) return;
        for (const one of some) await walk(one);
      }
    }
    for (const entry of entries) await walk(entry);
    return found;
  }

  function prepareDrop(form) {
    const zone = form.querySelector(".drop");
    const inputs = [...form.querySelectorAll("input[type=file]")];
    inputs.forEach((input) => input.addEventListener("change", () => upload(form, chosen(input))));
    form.addEventListener("submit", (event) => { event.preventDefault(); upload(form, inputs.flatMap(chosen)); });
    let depth = 0;
    zone.addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; zone.classList.add("over"); });
    zone.addEventListener("dragover", (event) => event.preventDefault());
    zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) { depth = 0; zone.classList.remove("over"); } });
    zone.addEventListener("drop", async (event) => {
      event.preventDefault();
      depth = 0;
      zone.classList.remove("over");
      const files = await dropped(event.dataTransfer);
      upload(form, files);
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
