/** What the page knows, and what each event makes of it. Pure. `at`: a clock that only runs forward, in ms. */

import { PENDING } from './texts.js';

export const initialState = {
  screen: 'loading', // loading | scan | order | error
  order: null, // the last answer about the order
  cardSaving: false, // whether cards may be remembered at all
  savedCard: null, // {brand, last4}: can be charged with one tap
  learnedAt: 0, // when the order's server_time was read
  at: 0,
  waitingSince: 0, // since when the customer looks at this status
  busy: null, // the action asked for, or leave: on the way to the provider
  problem: null, // {message, device, retry: null | the action to repeat}
  fieldError: '',
  formError: '',
  connectionLost: false,
};

const FIELD_CODES = ['EMAIL_REQUIRED', 'INVALID_EMAIL'];
// The customer can go on from these with the button still under the thumb.
const FORM_CODES = ['RECURRING_NOT_AVAILABLE', 'INVALID_PAYMENT_REQUEST'];
// 5xx, and yet only the operator can mend it.
const BEYOND_RETRY = ['PAYMENT_NOT_CONFIGURED', 'YOOKASSA_UNAUTHORIZED'];

export function reduce(state, event) {
  const change = CHANGES[event.type];
  return change ? { ...state, at: event.at, ...change(state, event) } : state;
}

const CHANGES = {
  configured: (state, { cardSaving }) => ({ cardSaving: cardSaving === true }),
  opened: (state, { screen }) => ({ screen, problem: null }),
  answered,
  failed,
  pollFailed: () => ({ connectionLost: true }),
  tick: () => ({}),
  asked: (state, { action }) => ({ screen: 'order', busy: action, problem: null, fieldError: '', formError: '' }),
  leaving: () => ({ busy: 'leave' }),
  charged,
  cardForgotten: () => ({ busy: null, savedCard: null }),
  cameBack,
};

function answered(state, { order, at }) {
  const moved = state.order?.status !== order.status;
  return {
    screen: 'order',
    order,
    savedCard: (state.cardSaving && order.saved_card) || state.savedCard,
    learnedAt: at,
    waitingSince: moved ? at : state.waitingSince,
    // A look that was under way when the button was pressed does not undo the press.
    busy: moved ? null : state.busy,
    formError: moved ? '' : state.formError,
    problem: null,
    connectionLost: false,
  };
}

/** A saved card was charged without a visit to the provider: the polls tell the rest. */
function charged({ order }, { at }) {
  const pending = { ...order, status: 'pending', status_text: PENDING, poll_after_ms: 0 };
  return { order: pending, busy: null, waitingSince: at };
}

/** `revived`: out of the back/forward cache, where no answer to an earlier question arrives any more. */
function cameBack({ busy }, { at, revived }) {
  return { busy: revived || busy === 'leave' ? null : busy, waitingSince: at };
}

function failed(state, { error, action }) {
  const { code, message, device } = error;
  if (FIELD_CODES.includes(code)) return { busy: null, fieldError: message };
  const cardSaving = state.cardSaving && code !== 'RECURRING_NOT_AVAILABLE';
  if (FORM_CODES.includes(code) || action === 'forget') return { busy: null, formError: message, cardSaving };
  return { screen: 'error', busy: null, problem: { message, device, retry: canRetry(error) ? action : null } };
}

/** Whether the same question may end better: nothing was answered, or the trouble is the server's. */
function canRetry({ code, status }) {
  return !BEYOND_RETRY.includes(code) && (!status || status >= 500 || status === 408 || status === 429);
}

/** Milliseconds until an unpaid order expires, else NaN. By the server's clock: the phone's may be wrong. */
export function timeToExpiry({ order, at, learnedAt }) {
  if (order.status !== 'created' && order.status !== 'not_paid') return NaN;
  return Date.parse(order.expires_at) - Date.parse(order.server_time) - (at - learnedAt);
}
