/** Amounts and times in Russian form. */

/** Rubles: «150 ₽», «1 250,50 ₽»; empty for what is no amount. */
export function price(rubles) {
  if (!Number.isFinite(rubles)) return '';
  const [whole, kopecks] = rubles.toFixed(2).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ' ');
  return `${grouped}${kopecks === '00' ? '' : `,${kopecks}`} ₽`;
}

/** Milliseconds as «осталось 9:41»; a begun second counts whole; empty for NaN. */
export function timeLeft(milliseconds) {
  if (Number.isNaN(milliseconds)) return '';
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `осталось ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
