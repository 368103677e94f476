import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { initialState, reduce, timeToExpiry } from '../../static_site/state.js';
import { after, anOrder, answered } from './builders.js';

const refused = (code, status, action = 'pay') => ({ type: 'failed', error: { code, status, message: code }, action });
const created = answered(anOrder());
const asked = { type: 'asked', action: 'pay' };

test('an unknown event changes nothing', () => {
  assert.equal(reduce(initialState, { type: 'nonsense', at: 7 }), initialState);
});

test('a state is never changed in place', () => {
  const state = Object.freeze(after(created));
  assert.notEqual(reduce(state, asked), state);
  assert.equal(state.busy, null);
});

describe('the clock', () => {
  test('counts from the server’s time by the steps of the page’s own clock', () => {
    const state = after(answered(anOrder(), 5_000), { type: 'tick', at: 65_000 });
    assert.equal(timeToExpiry(state), 9 * 60_000);
  });

  test('nothing but an unpaid order expires', () => {
    assert.ok(Number.isNaN(timeToExpiry(after(answered(anOrder('pending'))))));
    assert.equal(timeToExpiry(after(answered(anOrder('not_paid')))), 600_000);
  });
});

describe('a press on the button', () => {
  test('outlives the answer of a look that was under way', () => {
    assert.equal(after(created, asked, created).busy, 'pay');
  });

  test('is over when the order has moved', () => {
    assert.equal(after(created, asked, answered(anOrder('pending'))).busy, null);
  });

  test('is over when the page returns from the back/forward cache', () => {
    assert.equal(after(created, asked, { type: 'cameBack', revived: true }).busy, null);
  });

  test('goes on when the customer only glanced at another tab', () => {
    assert.equal(after(created, asked, { type: 'cameBack', revived: false }).busy, 'pay');
    assert.equal(after(created, asked, { type: 'leaving' }, { type: 'cameBack', revived: false }).busy, null);
  });
});

describe('a failure', () => {
  test('about the email stays at the field', () => {
    for (const code of ['EMAIL_REQUIRED', 'INVALID_EMAIL']) {
      const state = after(created, asked, refused(code, 400));
      assert.deepEqual([state.screen, state.fieldError, state.busy], ['order', code, null]);
    }
  });

  test('that the customer can mend stays under the form', () => {
    for (const code of ['RECURRING_NOT_AVAILABLE', 'INVALID_PAYMENT_REQUEST']) {
      const state = after(created, asked, refused(code, 403));
      assert.deepEqual([state.screen, state.formError, state.busy], ['order', code, null]);
    }
  });

  test('of saving a card withdraws the offer to save one', () => {
    const saving = { type: 'configured', cardSaving: true };
    assert.equal(after(saving, created, asked, refused('RECURRING_NOT_AVAILABLE', 403)).cardSaving, false);
    assert.equal(after(saving, created, asked, refused('INVALID_PAYMENT_REQUEST', 400)).cardSaving, true);
  });

  test('offers to try again where that can help', () => {
    const helps = [['NETWORK', 0], ['TIMEOUT', 0], ['PRICE_UNAVAILABLE', 503], ['YOOKASSA_API_ERROR', 502],
      ['PAYMENT_CREATE_FAILED', 500], ['HTTP_429', 429]];
    for (const [code, status] of helps) assert.equal(after(created, refused(code, status)).problem.retry, 'pay', code);
  });

  test('offers nothing where trying again is in vain', () => {
    const vain = [['DEVICE_NOT_FOUND', 404], ['DEVICE_DISABLED', 403], ['ORDER_EXPIRED', 410], ['ORDER_CONFLICT', 409],
      ['PAYMENT_NOT_CONFIGURED', 503], ['YOOKASSA_UNAUTHORIZED', 500], ['YOOKASSA_FORBIDDEN', 403]];
    for (const [code, status] of vain) assert.equal(after(created, refused(code, status)).problem.retry, null, code);
  });

  test('of a poll is only a notice, and the next answer takes it away', () => {
    const lost = after(created, { type: 'pollFailed' });
    assert.deepEqual([lost.screen, lost.connectionLost], ['order', true]);
    assert.equal(reduce(lost, created).connectionLost, false);
  });
});

describe('a saved card', () => {
  const card = { brand: 'MIR', last4: '4242' };
  const withCard = answered(anOrder('created', { saved_card: card }));
  const saving = { type: 'configured', cardSaving: true };

  test('is remembered through answers that do not speak of it', () => {
    assert.equal(after(saving, withCard, created).savedCard, card);
  });

  test('is not known at all where saving is switched off', () => {
    assert.equal(after({ type: 'configured', cardSaving: false }, withCard).savedCard, null);
    assert.equal(after({ type: 'configured', cardSaving: 'true' }, withCard).savedCard, null);
  });

  test('is gone once forgotten', () => {
    assert.equal(after(saving, withCard, { type: 'cardForgotten' }).savedCard, null);
  });

  test('that was charged leaves the order pending until the polls say more', () => {
    const state = after(saving, withCard, { type: 'asked', action: 'card' }, { type: 'charged', at: 900 });
    assert.deepEqual([state.order.status, state.busy, state.waitingSince], ['pending', null, 900]);
  });
});
