// What scripts add to pages that work without: dropping files, copying replies, ticks that survive an answer, and
// telling those who hear the page what changed. htmx replaces the reload after a form.
"use strict";
(() => {
  const announce = (words) => {
    const place = document.getElementById("announce");
    if (place && words) {
      place.textContent = "";
      setTimeout(() => { place.textContent = words; }, 50);
    }
  };

  const ticks = () => {
    const head = document.querySelector("[data-case]");
    return head ? `ticks:${head.dataset.case}` : null;
  };

  const restore = () => {
    const key = ticks();
    if (!key) return;
    const done = new Set(JSON.parse(sessionStorage.getItem(key) || "[]"));
    document.querySelectorAll('input[name="done"]').forEach((box) => { box.checked = done.has(box.value); });
  };

  const prepare = () => {
    document.querySelectorAll(".with-script").forEach((one) => { one.hidden = false; });
    restore();
  };

  document.addEventListener("change", (event) => {
    const key = ticks();
    if (key && event.target.matches('input[name="done"]')) {
      const done = [...document.querySelectorAll('input[name="done"]:checked')].map((box) => box.value);
      sessionStorage.setItem(key, JSON.stringify(done));
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value);
    } catch {
      source.focus();
      source.select();
      document.execCommand("copy");
    }
    const label = button.textContent;
    button.textContent = "Copied";
    announce("Copied");
    setTimeout(() => { button.textContent = label; }, 1500);
  });

  // A file that is dropped on a text goes into the form's file field.
  const dropZone = (event) => event.target instanceof Element && event.target.closest("textarea[data-drop]");
  const hasFile = (event) => [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault(); // a file dropped beside the field must not replace the page
    const zone = dropZone(event);
    document.querySelectorAll(".dropping").forEach((one) => { if (one !== zone) one.classList.remove("dropping"); });
    if (zone) zone.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => dropZone(event)?.classList.remove("dropping"));
  document.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    const zone = dropZone(event);
    if (!zone) return;
    zone.classList.remove("dropping");
    const input = document.querySelector(zone.dataset.drop);
    input.files = event.dataTransfer.files;
    announce(`File chosen: ${[...input.files].map((file) => file.name).join(", ")}`);
  });

  // After a form: what changed is said, and the focus goes where the work goes on.
  let next = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    next = event.detail.elt.dataset.then || null;
    document.getElementById("work")?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterSettle", () => {
    prepare();
    const place = (next && document.querySelector(next)) || document.getElementById("work");
    place?.focus({ preventScroll: true });
    place?.scrollIntoView({ block: "nearest" });
    announce(document.querySelector("[data-status]")?.dataset.status);
    next = null;
  });
  document.addEventListener("htmx:responseError", () => announce("It did not work; the page says why."));
  document.addEventListener("htmx:sendError", () => {
    document.getElementById("work")?.removeAttribute("aria-busy");
    announce("The server cannot be reached. Nothing was sent; try again.");
  });

  prepare();
})();
