import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { view } from '../../static_site/view.js';
import { after, anOrder, answered } from './builders.js';

const STATUSES = ['created', 'pending', 'paid', 'not_paid', 'make_pending', 'successful', 'failed', 'make_failed'];
const seen = (...events) => view(after(...events));
const labels = ({ buttons }) => buttons.map(({ label }) => label);
const saving = { type: 'configured', cardSaving: true };
const card = { saved_card: { brand: 'MIR', last4: '4242' } };

test('each status has its icon, its text and its title', () => {
  const icons = { created: 'order', pending: 'spinner', make_pending: 'spinner', paid: 'done', successful: 'done' };
  for (const status of STATUSES) {
    const { icon, texts, title } = seen(answered(anOrder(status)));
    assert.equal(icon, icons[status] ?? 'warning');
    assert.equal(texts.heading, `текст статуса ${status}`);
    assert.equal(title, `текст статуса ${status} · Молочная пена`);
  }
});

test('a status of the future is shown with its text and a spinner', () => {
  const { icon, texts } = seen(answered(anOrder('grinding')));
  assert.deepEqual([icon, texts.heading], ['spinner', 'текст статуса grinding']);
});

test('only what can be paid has a button at once', () => {
  const found = STATUSES.map((status) => labels(seen(answered(anOrder(status)))));
  assert.deepEqual(found.filter((some) => some.length), [['Перейти к оплате'], ['Повторить оплату']]);
});

test('the operator’s words follow the status', () => {
  const device = Object.fromEntries(['', ...STATUSES.map((status) => `_${status}`)].map((end) => [`client_info${end}`, end]));
  const found = STATUSES.map((status) => seen(answered(anOrder(status, { device }))).html);
  assert.deepEqual(found, STATUSES.map((status) => (status === 'created' ? '' : `_${status}`)));
});

test('an order that expires while it is looked at loses its button and its countdown', () => {
  const { kind, texts, buttons } = seen(answered(anOrder()), { type: 'tick', at: 600_000 });
  assert.equal(kind, 'expired');
  assert.equal(texts.heading, 'Срок действия заказа истёк. Отсканируйте QR-код ещё раз.');
  assert.deepEqual([texts.countdown, buttons], ['', []]);
});

test('a second before that it can still be paid', () => {
  const { kind, texts } = seen(answered(anOrder()), { type: 'tick', at: 599_000 });
  assert.deepEqual([kind, texts.countdown], ['created', 'осталось 0:01']);
});

describe('the refund', () => {
  const refund = (status, refundStatus) =>
    seen(answered(anOrder(status, { refund: { status: refundStatus, amount: 150 } }))).texts;

  test('is told in each of its states', () => {
    assert.equal(refund('failed', 'pending')['refund-text'], 'Возвращаем деньги…');
    assert.equal(refund('make_failed', 'succeeded')['refund-text'], 'Деньги возвращены');
    assert.equal(refund('make_failed', 'failed')['refund-text'], 'Не удалось вернуть деньги. Обратитесь в поддержку.');
  });

  test('replaces the advice about the money', () => {
    assert.match(seen(answered(anOrder('failed'))).texts.hint, /деньги/);
    assert.equal(refund('failed', 'pending').hint, '');
  });

  test('of a second payment says so beside the drink that is made', () => {
    assert.match(refund('successful', 'succeeded')['refund-details'], /150 ₽.*дважды/);
  });
});

describe('waiting long for the payment', () => {
  const pending = answered(anOrder('pending'));

  test('offers the way back to it', () => {
    assert.deepEqual(labels(seen(pending, { type: 'tick', at: 7_999 })), []);
    assert.deepEqual(labels(seen(pending, { type: 'tick', at: 8_000 })), ['Вернуться к оплате']);
  });

  test('begins anew when the customer comes back', () => {
    assert.deepEqual(labels(seen(pending, { type: 'cameBack', at: 9_000 }, { type: 'tick', at: 12_000 })), []);
  });
});

describe('a saved card', () => {
  test('puts one tap first and the ordinary way second', () => {
    const { buttons, form } = seen(saving, answered(anOrder('created', card)));
    assert.deepEqual(buttons.map(({ action, label }) => [action, label]), [
      ['card', 'Оплатить картой •• 4242'],
      ['pay', 'Другой способ оплаты'],
    ]);
    assert.deepEqual([form.offerForgetting, form.offerSaving], [true, false]);
  });

  test('steps back after a refusal', () => {
    const { buttons, form } = seen(saving, answered(anOrder('created', card)), answered(anOrder('not_paid')));
    assert.deepEqual([labels({ buttons }), form.offerForgetting], [['Повторить оплату'], false]);
  });

  test('is offered to be remembered only where that is switched on', () => {
    assert.equal(seen(saving, answered(anOrder())).form.offerSaving, true);
    assert.equal(seen(answered(anOrder())).form.offerSaving, false);
  });
});

describe('an error', () => {
  const device = { location: 'Холл', logo_url: 'https://logo.example/a.svg', client_error_info: '<b>8 800</b>' };
  const offline = { code: 'DEVICE_OFFLINE', status: 503, message: 'Кофемашина недоступна.', device };

  test('shows the answer’s message, the logo, the operator’s help and another try', () => {
    const { kind, texts, logo, html, buttons } = seen({ type: 'failed', error: offline, action: 'load' });
    assert.deepEqual([kind, texts.heading, texts.location], ['error', 'Кофемашина недоступна.', 'Холл']);
    assert.deepEqual([logo, html], [device.logo_url, device.client_error_info]);
    assert.deepEqual(buttons, [{ action: 'load', label: 'Попробовать ещё раз' }]);
  });

  test('of a payment keeps the drink, its price and the number of the order in sight', () => {
    const { texts, stages } = seen(answered(anOrder()), { type: 'failed', error: offline, action: 'pay' });
    assert.deepEqual([texts['drink-name'], texts.price], ['Молочная пена', '150 ₽']);
    assert.match(texts['order-number'], /9ace-cndn$/);
    assert.deepEqual(stages, { current: 0, stuck: true });
  });
});

test('a wish for an email by a server that did not ask before shows the field', () => {
  const refused = { type: 'failed', error: { code: 'EMAIL_REQUIRED', message: 'Нужна почта' }, action: 'pay' };
  const { form } = seen(answered(anOrder()), refused);
  assert.deepEqual([form.email, form.fieldError], ['required', 'Нужна почта']);
});

test('what is announced tells the status, the refund and the lost connection', () => {
  const refunded = anOrder('failed', { status_text: 'Ошибка', refund: { status: 'succeeded', amount: 1 } });
  const { texts } = seen(answered(refunded), { type: 'pollFailed' });
  assert.equal(texts.announcer, 'Ошибка. Деньги возвращены. Нет связи. Пробуем ещё раз…');
});
