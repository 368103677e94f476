/** Puts a view on the screen. The only module that touches the document. */

const part = (id) => document.getElementById(id);

/** `act(action)` is called for every button. */
export function createScreen(act) {
  let shown = {};
  part('form').addEventListener('submit', (event) => {
    event.preventDefault();
    act(part('button-0').dataset.action);
  });
  for (const button of document.querySelectorAll('button')) {
    button.addEventListener('click', () => act(button.dataset.action));
  }
  return {
    show(view) {
      show(view, shown);
      shown = view;
    },
    email: () => (part('email-field').hidden ? '' : part('email').value.trim()),
    savingWanted: () => !part('save-field').hidden && part('save-card').checked,
  };
}

function show(view, shown) {
  const focused = document.activeElement;
  document.title = view.title;
  part('page').dataset.tone = view.tone ?? '';
  part('loading').hidden = view.kind !== 'loading';
  part('status').hidden = view.kind === 'loading';
  for (const [id, text] of Object.entries(view.texts)) write(part(id), text);
  if (view.logo !== shown.logo) showLogo(view.logo);
  showStages(part('stages'), view.stages);
  if (view.kind !== shown.kind || view.html !== shown.html) showArrival(view);
  showForm(view.form, shown.form);
  part('actions').hidden = !view.buttons.length;
  for (const place of [0, 1]) showButton(part(`button-${place}`), view.buttons[place]);
  // Whoever pressed a button that is gone now goes on from the new status, not from the top of the page.
  if (focused?.closest('[hidden]')) part(view.kind === 'loading' ? 'loading' : 'heading').focus();
}

/** Touches only what differs: neither a screen reader nor a selection is disturbed for nothing. */
function write(element, text = '') {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

function showLogo(logo) {
  const mark = part('mark');
  mark.dataset.logo = logo;
  mark.querySelector('img')?.remove();
  if (!logo.startsWith('https://')) return;
  // The cup stays until the logo is really there: a broken one leaves no hole, and nothing moves.
  const image = new Image();
  image.alt = '';
  image.onload = () => mark.dataset.logo === logo && mark.append(image);
  image.src = logo;
}

function showStages(list, stages) {
  part('drink').hidden = list.hidden = !stages;
  [...list.children].forEach((stage, index) => {
    const here = index === stages?.current;
    stage.className = here ? (stages.stuck ? 'stuck' : 'now') : index < stages?.current ? 'past' : '';
    stage.ariaCurrent = here ? 'step' : null;
  });
}

/**
 * The icon and the operator's words, as new nodes so that their entrance is played.
 * The one place where HTML from the network enters: sanitized by the server, and the CSP lets nothing in it run.
 */
function showArrival({ icon, html }) {
  part('icon').replaceChildren(part(`icon-${icon}`).content.cloneNode(true));
  const info = part('info').cloneNode(false);
  info.innerHTML = html;
  info.hidden = !html.trim();
  for (const link of info.querySelectorAll('a')) link.target = '_blank'; // the order stays where it is
  part('info').replaceWith(info);
}

function showForm(form, before) {
  part('form').hidden = !form.email && !form.offerSaving && !form.offerForgetting;
  part('email-field').hidden = !form.email;
  part('email-optional').hidden = part('email').required = form.email === 'required';
  part('save-field').hidden = !form.offerSaving;
  part('forget').hidden = !form.offerForgetting;
  write(part('field-error'), form.fieldError);
  part('email').ariaInvalid = Boolean(form.fieldError);
  if (form.fieldError && !before?.fieldError) part('email').focus();
}

function showButton(element, button) {
  write(element, button?.label);
  if (!button) return;
  element.dataset.action = button.action;
  element.classList.toggle('quiet', Boolean(button.quiet));
  element.ariaDisabled = Boolean(button.off); // not `disabled`: the focus would be lost with it
}
