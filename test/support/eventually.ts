/** Waits for a fact instead of sleeping: repeats an assertion until it holds. */

const retryMs = 25;
/** A limit for what never comes, not a measure: machines that test are busy. Less than a test's own, which tells less. */
const limitMs = 90_000;

/** @throws the assertion's own last error when it still fails after `withinMs`. */
export async function eventually<T>(assertion: () => T | Promise<T>, withinMs = limitMs): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await Bun.sleep(retryMs);
    }
  }
}
