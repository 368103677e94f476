// The machine's screen: shows the QR code of the drink pressed, and the drink being made once the
// make command has arrived - for its own QR code or for anybody else's at this machine.

const POLL_MS = 600;
const READY_FOR_MS = 12_000;

const machine = document.querySelector(".machine");
const base = machine.dataset.base;
const byId = (id) => document.getElementById(id);

let shownBrew = 0; // the number of the brew that the screen follows or has shown last
let backToMenu = 0;

function show(view) {
  if (machine.dataset.view !== view) machine.dataset.view = view;
  clearTimeout(backToMenu);
}

function fill(selector, text) {
  for (const element of machine.querySelectorAll(selector)) element.textContent = text;
}

async function press(button) {
  byId("menu-hint").textContent = "";
  try {
    const answer = await fetch(`${base}/orders`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ drinkNo: button.dataset.drink, size: button.dataset.size }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    showQrCode(await answer.json());
  } catch {
    byId("menu-hint").textContent = "Кофемашина не отвечает. Нажмите ещё раз.";
  }
}

function showQrCode(order) {
  byId("qr-drink").textContent = order.drinkName;
  byId("qr-details").textContent = `${order.sizeName}, ${order.price / 100} ₽`;
  byId("qr").src = order.qr;
  byId("qr-link").href = order.link;
  show("qr");
  byId("qr-link").focus({ preventScroll: true });
}

function showBrew(brew) {
  fill(".brew-drink", brew.drinkName);
  fill(".brew-details", brew.sizeName);
  machine.querySelector(".bay").className = `bay tone-${brew.tone}`;
  if (brew.stage === "brewing") {
    machine.style.setProperty("--brew", `${brew.seconds}s`);
    // A negative delay starts the animation where the real brew already is (a page opened late).
    machine.style.setProperty("--brewed", `-${brew.elapsed}s`);
  }
  show(brew.stage);
  if (brew.stage === "ready") backToMenu = setTimeout(show, READY_FOR_MS, "menu");
}

function follow(brew, firstLook) {
  const isNew = brew.number !== shownBrew;
  shownBrew = brew.number;
  const overLongAgo = firstLook && brew.stage !== "brewing";
  if (overLongAgo) return;
  if (isNew || (machine.dataset.view === "brewing" && brew.stage !== "brewing")) showBrew(brew);
}

function showLink(online, text) {
  byId("lamp").dataset.online = String(online);
  byId("lamp-text").textContent = text;
}

async function look(firstLook) {
  try {
    const state = await (await fetch(`${base}/state`)).json();
    showLink(state.online, state.online ? "на связи" : "нет связи");
    if (state.brew) follow(state.brew, firstLook);
    firstLook = false;
  } catch {
    showLink(false, "стенд остановлен");
  }
  setTimeout(look, POLL_MS, firstLook);
}

async function control(button) {
  const body = { deviceId: machine.dataset.device, ...JSON.parse(button.dataset.body) };
  const answer = await fetch(button.dataset.control, { method: "POST", body: JSON.stringify(body) }).catch(() => null);
  byId("service-answer").textContent = answer?.ok ? `Сделано: «${button.textContent}»` : "Не получилось.";
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.drink) press(button);
  else if (button?.dataset.go) show(button.dataset.go);
  else if (button?.dataset.control) control(button);
});

look(true);
