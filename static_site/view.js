/** What a state looks like, as plain values for `render`. Pure. */

import { price, timeLeft } from './format.js';
import { timeToExpiry } from './state.js';
import * as texts from './texts.js';

// Enough to see the answer for who has paid; who has not is then offered the way back.
const LONG_WAIT_MS = 8_000;

const ICONS = {
  scan: 'scan', created: 'order', paid: 'done', successful: 'done', not_paid: 'warning', failed: 'warning',
  make_failed: 'warning', expired: 'warning', error: 'warning',
};
const TONES = { done: 'good', warning: 'bad' };
const STAGES = {
  created: 0, expired: 0, pending: 1, not_paid: 1, failed: 1, paid: 2, make_pending: 2, make_failed: 2, successful: 3,
};

/** `texts` are keyed by the element that shows them; an empty one hides its element. */
export function view(state) {
  const { order, problem } = state;
  const kind = kindOf(state);
  const icon = ICONS[kind] ?? 'spinner';
  const heading = texts.OWN_HEADINGS[kind] ?? problem?.message ?? order.status_text;
  const device = { ...order?.device, ...problem?.device };
  const refund = refundOf(kind, order);
  const notice = state.connectionLost ? texts.CONNECTION_LOST : '';
  return {
    kind,
    icon,
    tone: TONES[icon],
    title: [heading, order?.drink_name].filter(Boolean).join(' · '),
    texts: {
      heading,
      location: device.location || (kind === 'loading' ? '' : texts.BRAND),
      'drink-name': order?.drink_name,
      'drink-size': order?.drink_size,
      price: price(order?.price),
      hint: hintOf(kind, state),
      countdown: isPayable(kind) ? timeLeft(timeToExpiry(state)) : '',
      ...refund,
      'order-number': order && isFailed(kind) ? `${texts.ORDER_NUMBER} ${order.order_id}` : '',
      'form-error': state.formError,
      notice,
      announcer: [heading, refund['refund-text'], notice].filter(Boolean).join('. '),
    },
    stages: order && { current: STAGES[kind] ?? STAGES[order.status], stuck: icon === 'warning' },
    logo: device.logo_url ?? '',
    html: device[infoField(kind)] ?? '',
    form: isPayable(kind) ? formOf(kind, state) : {},
    buttons: buttonsOf(kind, state),
  };
}

const isPayable = (kind) => kind === 'created' || kind === 'not_paid';
const isFailed = (kind) => kind === 'failed' || kind === 'make_failed' || kind === 'error';

function kindOf(state) {
  if (state.screen !== 'order') return state.screen;
  return timeToExpiry(state) <= 0 ? 'expired' : state.order.status;
}

const isLong = ({ at, waitingSince }) => at - waitingSince >= LONG_WAIT_MS;

function hintOf(kind, state) {
  if (kind === 'pending' && isLong(state)) return texts.HINTS.pendingLong;
  return kind === 'failed' && state.order.refund ? '' : texts.HINTS[kind];
}

function refundOf(kind, order) {
  const { status, amount } = order?.refund ?? {};
  if (!texts.REFUNDS[status]) return { 'refund-text': '', 'refund-details': '' };
  const why = !isFailed(kind) ? texts.SECOND_PAYMENT : status === 'failed' ? '' : texts.REFUND_TIME;
  return { 'refund-text': texts.REFUNDS[status], 'refund-details': [price(amount), why].filter(Boolean).join('. ') };
}

function infoField(kind) {
  if (kind === 'error') return 'client_error_info';
  return kind === 'created' ? 'client_info' : `client_info_${kind}`;
}

/** For one tap; after a refusal the ordinary way stands alone. */
const cardOf = (kind, { savedCard }) => (kind === 'created' ? savedCard : null);

function formOf(kind, state) {
  const card = cardOf(kind, state);
  const { email = 'hidden' } = state.order.receipt ?? {};
  return {
    email: email !== 'hidden' ? email : state.fieldError && 'required',
    offerSaving: state.cardSaving && !card,
    offerForgetting: Boolean(card),
    fieldError: state.fieldError,
  };
}

/** The main button first. `off`: not to be pressed now. */
function buttonsOf(kind, state) {
  const action = state.problem?.retry;
  if (action) return [{ action, label: texts.BUTTONS.retry }];
  if (kind === 'pending' && isLong(state)) return [{ ...payButton(kind, state), quiet: true }];
  if (!isPayable(kind)) return [];
  const card = cardOf(kind, state);
  return card ? [cardButton(card, state), { ...payButton('other', state), quiet: true }] : [payButton(kind, state)];
}

function payButton(kind, { busy }) {
  const label = busy === 'pay' || busy === 'leave' ? 'opening' : kind;
  return { action: 'pay', label: texts.BUTTONS[label], off: Boolean(busy) };
}

function cardButton({ last4 }, { busy }) {
  const label = busy === 'card' ? texts.BUTTONS.charging : `${texts.BUTTONS.card} ${last4}`;
  return { action: 'card', label, off: Boolean(busy) };
}
