import assert from 'node:assert/strict';
import { test } from 'node:test';

import { price, timeLeft } from '../../static_site/format.js';

test('an amount is told in Russian form', () => {
  assert.equal(price(150), '150 ₽');
  assert.equal(price(150.5), '150,50 ₽');
  assert.equal(price(1250), '1 250 ₽');
  assert.equal(price(1234567.05), '1 234 567,05 ₽');
  assert.equal(price(0), '0 ₽');
});

test('what is no amount is not shown as one', () => {
  for (const nothing of [undefined, null, NaN, '150', Infinity]) assert.equal(price(nothing), '');
});

test('a begun second counts whole, and time never runs below zero', () => {
  assert.equal(timeLeft(581_000), 'осталось 9:41');
  assert.equal(timeLeft(580_001), 'осталось 9:41');
  assert.equal(timeLeft(60_000), 'осталось 1:00');
  assert.equal(timeLeft(5_000), 'осталось 0:05');
  assert.equal(timeLeft(-3_000), 'осталось 0:00');
  assert.equal(timeLeft(3_900_000), 'осталось 65:00');
});

test('an unreadable time is not shown', () => {
  assert.equal(timeLeft(NaN), '');
});
