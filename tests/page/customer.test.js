import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createCustomer } from '../../static_site/customer.js';

const remembering = (kept = {}) => createCustomer({ storage: () => kept, crypto: globalThis.crypto });

test('no key exists until the customer consents', () => {
  const kept = {};
  assert.equal(remembering(kept).key(), null);
  assert.deepEqual(kept, {});
});

test('a key is 256 random bits in base64url, and stays the same', () => {
  const customer = remembering();
  const key = customer.keyOnConsent();
  assert.match(key, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(customer.keyOnConsent(), key);
  assert.equal(customer.key(), key);
  assert.notEqual(remembering().keyOnConsent(), key);
});

test('nothing is left of a forgotten key', () => {
  const kept = {};
  const customer = remembering(kept);
  customer.keyOnConsent();
  customer.forget();
  assert.deepEqual(kept, {});
});

test('where nothing may be stored the customer is simply not remembered', () => {
  const storage = () => {
    throw new DOMException('denied', 'SecurityError');
  };
  const customer = createCustomer({ storage, crypto: globalThis.crypto });
  assert.equal(customer.key(), null);
  assert.equal(customer.keyOnConsent(), null);
  customer.forget();
  assert.equal(customer.key(), null);
});
