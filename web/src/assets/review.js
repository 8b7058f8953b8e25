// Values picked for the golden record that would result, shown at once and sent with the decision.

const form = document.getElementById("decide");

function show(row, button) {
  const result = row.querySelector("td.result");
  result.dataset.own ??= result.innerHTML;
  const picked = button && [...button.children].map((value) => {
    const copy = document.createElement("div");
    copy.textContent = value.textContent;
    return copy;
  });
  if (picked) result.replaceChildren(...picked);
  else result.innerHTML = result.dataset.own;
}

function remember(attribute, record) {
  const name = `pick.${attribute}`;
  form.querySelector(`input[name="${name}"]`)?.remove();
  if (record === null) return;
  const input = Object.assign(document.createElement("input"), { type: "hidden", name, value: record });
  form.append(input);
}

for (const button of document.querySelectorAll("button.pick")) {
  button.addEventListener("click", () => {
    const row = button.closest("tr");
    const chosen = button.getAttribute("aria-pressed") !== "true";
    for (const other of row.querySelectorAll("button.pick")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(chosen));
    show(row, chosen ? button : null);
    remember(row.dataset.attribute, chosen ? button.dataset.record : null);
  });
}
