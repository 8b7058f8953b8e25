// Finds people while somebody types. What is typed goes into the request's body, never into an address.
import { localTimes } from "/ui/workbench.js";

const PAUSE_MS = 60;
const field = document.querySelector("form.search input");
const found = document.getElementById("found");
let asked = 0;
let timer;

async function find() {
  const turn = ++asked;
  const body = new URLSearchParams({ q: field.value });
  const answer = await fetch("/people/found", { method: "POST", body, headers: { accept: "text/html" } });
  // An answer that comes after a later question is out of date.
  if (turn !== asked || !answer.ok) return;
  found.innerHTML = await answer.text();
  localTimes(found);
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => find().catch(() => {}), PAUSE_MS);
});
field.setSelectionRange(field.value.length, field.value.length);
