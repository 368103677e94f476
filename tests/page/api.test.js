import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { createApi } from '../../static_site/api.js';
import { FakeClock, anOrder, settle } from './builders.js';

const CONFIG = { createOrderUrl: 'https://c.example', orderStatusUrl: 'https://s.example', webhookUrl: 'https://w.example' };
const ID = '20250317110122659ba6d7-9ace-cndn';

let clock, sent, api;

/** Every request is answered with this. */
function answering(status, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const fetch = async (url, options) => {
    sent.push({ url, ...options, body: options.body && JSON.parse(options.body) });
    return new Response(text, { status });
  };
  api = createApi(CONFIG, { ...clock, fetch });
}

const failing = (fetch) => {
  api = createApi(CONFIG, { ...clock, fetch });
};

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
});

test('each question goes to its function', async () => {
  answering(200, { ...anOrder(), confirmation_url: 'https://pay.example/1' });
  await api.createOrder({ uuid: ID });
  await api.status(ID);
  await api.check(ID);
  await api.pay({ order_id: ID });
  await api.forgetCard(ID, 'key');
  assert.deepEqual(sent.map(({ method = 'GET', url, body }) => [method, url, body]), [
    ['POST', 'https://c.example/', { uuid: ID }],
    ['GET', `https://s.example/?order_id=${ID}`, undefined],
    ['POST', 'https://w.example/check', { order_id: ID }],
    ['POST', 'https://c.example/pay', { order_id: ID }],
    ['POST', 'https://c.example/forget-card', { order_id: ID, customer_key: 'key' }],
  ]);
});

test('a poll needs no preflight: no header beyond what a browser sends by itself', async () => {
  answering(200, anOrder());
  await api.status(ID);
  assert.equal(sent[0].headers, undefined);
});

test('an id with odd characters cannot change the address', async () => {
  answering(200, anOrder());
  await api.status('a&b=c#d');
  assert.equal(sent[0].url, 'https://s.example/?order_id=a%26b%3Dc%23d');
});

describe('a refusal', () => {
  test('carries the code, the message, the status and the machine', async () => {
    const device = { location: 'Холл' };
    answering(503, { error: { code: 'DEVICE_OFFLINE', message: 'Кофемашина недоступна.' }, device });
    const expected = { code: 'DEVICE_OFFLINE', message: 'Кофемашина недоступна.', status: 503, device };
    await assert.rejects(api.createOrder({}), expected);
  });

  test('that is no JSON is told in words that a customer understands', async () => {
    answering(502, '<html>Bad Gateway</html>');
    await assert.rejects(api.status(ID), { code: 'HTTP_502', status: 502, message: /^Сервис временно недоступен/ });
    answering(404, 'nothing here');
    await assert.rejects(api.status(ID), { code: 'HTTP_404', message: /^Не удалось обработать запрос/ });
  });
});

test('an answer that our functions cannot have sent is a failure of the service', async () => {
  for (const body of ['<html>Войдите в Wi-Fi</html>', 'null', '{}', '[]', '']) {
    answering(200, body);
    await assert.rejects(api.status(ID), { code: 'BAD_ANSWER', status: 502 }, body);
  }
});

describe('the way to the payment', () => {
  test('is the address of the provider, or null for a card that was charged', async () => {
    answering(200, { confirmation_url: 'https://pay.example/1' });
    assert.equal(await api.pay({}), 'https://pay.example/1');
    answering(200, { confirmation_url: null });
    assert.equal(await api.pay({}), null);
  });

  test('is refused unless it is a web address', async () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'intent://x', '//pay.example']) {
      answering(200, { confirmation_url: url });
      await assert.rejects(api.pay({}), { code: 'BAD_ANSWER' }, url);
    }
  });

  test('that got lost may be tried again without fear', async () => {
    failing(async () => Promise.reject(new TypeError('Failed to fetch')));
    await assert.rejects(api.pay({}), { code: 'NETWORK', status: 0, message: /Дважды деньги не спишутся/ });
  });
});

describe('an answer that does not come', () => {
  const hanging = (url, { signal }) =>
    new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  test('is waited for 8 s by a poll and 20 s by an order', async () => {
    for (const [ask, limit] of [[() => api.status(ID), 8_000], [() => api.createOrder({}), 20_000]]) {
      failing(hanging);
      let failure = null;
      ask().catch((error) => {
        failure = error.code;
      });
      await clock.pass(limit - 1);
      assert.equal(failure, null);
      await clock.pass(1);
      assert.equal(failure, 'TIMEOUT');
    }
  });

  test('leaves no timer behind, and neither does one that came', async () => {
    answering(200, anOrder());
    await api.status(ID);
    failing(async () => Promise.reject(new TypeError('Failed to fetch')));
    await assert.rejects(api.status(ID), { code: 'NETWORK', message: /^Нет связи/ });
    await settle();
    assert.equal(clock.waiting, 0);
  });
});
