/** Asks how the order is doing: one question at a time, none while the tab is hidden. */

// 40 of them take 60.2 s: a minute costs no more questions, and a change is seen within about 1.5 s.
const PERIOD_MS = 1505;
const LATER_PERIODS_MS = [[300_000, 5000], [120_000, 3000], [60_000, 2000]];
const LONGEST_BACKOFF_MS = 10_000;
const CHECK_AFTER_MS = 4000;

const FINAL = ['successful', 'failed', 'make_failed'];

/** Milliseconds from the start of one question to the start of the next. */
export function periodMs({ waitedMs, pollAfterMs, failures }) {
  if (failures) return Math.min(PERIOD_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  const [, period] = LATER_PERIODS_MS.find(([from]) => waitedMs >= from) ?? [0, PERIOD_MS];
  return Math.max(pollAfterMs, period);
}

export class Poller {
  #clock; #questions; #timer; #asking = false; #askAgain = false; #paused = false; #failures = 0;
  #status; #pollAfterMs = null; #waitsSince = 0; #askedAt = 0; #checkedAt = 0;

  /**
   * `clock`: {now, setTimeout, clearTimeout} in milliseconds.
   * `questions`: askStatus() and askCheck() promise an order; onAnswer(order) and onFailure() are told.
   */
  constructor(clock, questions) {
    this.#clock = clock;
    this.#questions = questions;
  }

  /** Takes the pace from an order that was just answered. */
  follow(order) {
    if (order.status !== this.#status) this.#waitFromNow();
    if (!this.#asking) this.#askedAt = this.#clock.now();
    this.#status = order.status;
    this.#pollAfterMs = order.poll_after_ms ?? null;
    this.#failures = 0;
    this.#plan();
  }

  pause() {
    this.#paused = true;
    this.#clock.clearTimeout(this.#timer);
  }

  /** The customer is back: looks at once, also at an unpaid order, which another tab may have paid. */
  resume() {
    if (!this.#paused) return;
    this.#paused = false;
    const over = FINAL.includes(this.#status) && this.#pollAfterMs === null;
    if (!this.#status || over) return;
    this.#waitFromNow();
    this.askNow();
  }

  /** The network is back: no point in sitting out the back-off. */
  hurry() {
    if (this.#failures && !this.#paused) this.askNow();
  }

  /** What is under way may answer from before the caller's reason to ask: then it is asked once more. */
  async askNow() {
    if (this.#asking) this.#askAgain = true;
    else await this.#ask();
  }

  async #ask() {
    this.#clock.clearTimeout(this.#timer);
    this.#asking = true;
    this.#askAgain = false;
    this.#askedAt = this.#clock.now();
    const check = this.#status === 'pending' && this.#askedAt - this.#checkedAt >= CHECK_AFTER_MS;
    if (check) this.#checkedAt = this.#askedAt;
    try {
      const order = await (check ? this.#questions.askCheck() : this.#questions.askStatus());
      this.#questions.onAnswer(order);
      this.follow(order);
    } catch {
      // A check is a favour on top: the next ordinary question tells whether anything is wrong.
      if (!check) this.#fail();
    }
    this.#asking = false;
    if (this.#askAgain && !this.#paused) await this.#ask();
    else this.#plan();
  }

  #fail() {
    this.#failures += 1;
    this.#questions.onFailure();
  }

  #waitFromNow() {
    this.#waitsSince = this.#checkedAt = this.#clock.now();
  }

  #plan() {
    this.#clock.clearTimeout(this.#timer);
    const over = this.#pollAfterMs === null && !this.#failures;
    if (this.#asking || this.#paused || over) return;
    const now = this.#clock.now();
    const pace = { waitedMs: now - this.#waitsSince, pollAfterMs: this.#pollAfterMs, failures: this.#failures };
    const waitMs = Math.max(0, this.#askedAt + periodMs(pace) - now);
    this.#timer = this.#clock.setTimeout(() => this.#ask(), waitMs);
  }
}
