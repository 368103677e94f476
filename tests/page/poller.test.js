import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Poller, periodMs } from '../../static_site/poller.js';
import { FakeClock, anOrder, settle } from './builders.js';

let clock, order, asked, failures, poller, broken;

beforeEach(() => {
  clock = new FakeClock();
  order = anOrder('pending');
  [asked, failures, broken] = [[], 0, []];
  const answer = (kind) => async () => {
    asked.push([kind, clock.now()]);
    if (broken.includes(kind)) throw new Error('lost');
    return order;
  };
  poller = new Poller(clock, {
    askStatus: answer('status'),
    askCheck: answer('check'),
    onAnswer: () => {},
    onFailure: () => {
      failures += 1;
    },
  });
});

const times = (kind) => asked.filter(([asked]) => asked === kind).map(([, at]) => at);

describe('the pace', () => {
  for (const status of ['pending', 'make_pending']) {
    test(`a minute of ${status} costs at most 40 questions, the first one included`, async () => {
      order = anOrder(status);
      poller.follow(order);
      poller.askNow();
      await clock.pass(60_000);
      assert.ok(asked.length <= 40 && asked.length >= 38, `${asked.length} questions`);
    });
  }

  test('a change is asked about within about a second and a half', async () => {
    poller.follow(anOrder('make_pending'));
    await clock.pass(60_000);
    const starts = asked.map(([, at]) => at);
    const gaps = starts.slice(1).map((at, index) => at - starts[index]);
    assert.ok(Math.max(...gaps) <= 1510);
  });

  test('slows down when the wait is long', () => {
    const pace = (waitedMs) => periodMs({ waitedMs, pollAfterMs: 1000, failures: 0 });
    assert.deepEqual([pace(0), pace(60_000), pace(120_000), pace(300_000)], [1505, 2000, 3000, 5000]);
  });

  test('is never faster than the server asks for', async () => {
    order = anOrder('failed', { poll_after_ms: 5000 });
    poller.follow(order);
    poller.askNow();
    await clock.pass(20_000);
    assert.deepEqual(times('status'), [0, 5000, 10_000, 15_000, 20_000]);
  });

  test('a slow answer does not stretch it, and there is never a second question beside it', async () => {
    let answerNow;
    const slow = new Poller(clock, {
      askStatus: () => new Promise((resolve) => {
        asked.push(['status', clock.now()]);
        answerNow = () => resolve(order);
      }),
      onAnswer: () => {},
    });
    order = anOrder('make_pending');
    slow.follow(order);
    slow.askNow();
    await clock.pass(7_000);
    assert.equal(asked.length, 1);
    answerNow();
    await settle();
    await clock.pass(0);
    assert.deepEqual(times('status'), [0, 7_000]);
  });
});

describe('what needs no watching', () => {
  test('is not asked about', async () => {
    for (const status of ['created', 'not_paid', 'successful', 'failed', 'make_failed']) {
      poller.follow(anOrder(status));
      await clock.pass(60_000);
    }
    assert.deepEqual([asked, clock.waiting], [[], 0]);
  });

  test('ends the watching when it comes', async () => {
    poller.follow(order);
    await clock.pass(1505);
    order = anOrder('successful');
    await clock.pass(60_000);
    assert.equal(asked.length, 2);
  });
});

describe('a payment that stays pending', () => {
  test('is checked 4 s after the customer has come, and not more often than every 4 s', async () => {
    poller.follow(order);
    await clock.pass(30_000);
    const checks = times('check');
    assert.ok(checks[0] >= 4000 && checks[0] < 5600);
    assert.ok(checks.every((at, index) => index === 0 || at - checks[index - 1] >= 4000));
    assert.ok(checks.length >= 5);
  });

  test('is asked about all the same when the check fails, without a notice', async () => {
    broken = ['check'];
    poller.follow(order);
    await clock.pass(12_000);
    assert.ok(times('check').length >= 2 && times('status').length >= 5);
    assert.equal(failures, 0);
  });

  test('other statuses are never checked', async () => {
    order = anOrder('make_pending');
    poller.follow(order);
    await clock.pass(30_000);
    assert.deepEqual(times('check'), []);
  });
});

describe('a failing question', () => {
  test('is told, repeated with growing pauses, and forgotten with the next answer', async () => {
    broken = ['status'];
    order = anOrder('make_pending');
    poller.follow(order);
    await clock.pass(1505 + 1505 + 3010 + 6020 + 10_000);
    assert.deepEqual(times('status'), [1505, 3010, 6020, 12_040, 22_040]);
    assert.equal(failures, 5);
    broken = [];
    await clock.pass(10_000 + 1505);
    assert.deepEqual(times('status').slice(-2), [32_040, 33_545]);
  });

  test('is repeated at once when the network is back', async () => {
    broken = ['status'];
    order = anOrder('make_pending');
    poller.follow(order);
    await clock.pass(12_100);
    broken = [];
    poller.hurry();
    await settle();
    assert.equal(times('status').at(-1), 12_100);
  });
});

describe('a hidden tab', () => {
  test('asks nothing, and at once when it is seen again', async () => {
    poller.follow(order);
    await clock.pass(1600);
    poller.pause();
    await clock.pass(600_000);
    assert.equal(asked.length, 1);
    poller.resume();
    await settle();
    assert.deepEqual(asked.at(-1), ['status', 601_600]);
  });

  test('looks once at an unpaid order when it is seen again: another tab may have paid it', async () => {
    order = anOrder('created');
    poller.follow(order);
    poller.pause();
    poller.resume();
    await clock.pass(60_000);
    assert.equal(asked.length, 1);
  });

  test('leaves a finished order alone', async () => {
    poller.follow(anOrder('successful'));
    poller.pause();
    poller.resume();
    await clock.pass(60_000);
    assert.equal(asked.length, 0);
  });

  test('asks once when two events tell of its return', async () => {
    poller.follow(order);
    poller.pause();
    poller.resume();
    poller.resume();
    await settle();
    assert.equal(asked.length, 1);
  });

  test('keeps silent when an answer arrives after it was hidden', async () => {
    poller.follow(order);
    poller.askNow();
    poller.pause();
    await clock.pass(60_000);
    assert.equal(asked.length, 1);
  });
});

test('an answer that was under way before the reason to ask is followed by a fresh one', async () => {
  poller.follow(order);
  poller.askNow();
  poller.askNow();
  await settle();
  assert.equal(asked.length, 2);
});
