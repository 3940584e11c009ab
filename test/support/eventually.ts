/** Waits for a fact instead of sleeping: repeats an assertion until it holds. */

const retryMs = 25;

/** @throws the assertion's own last error when it still fails after `withinMs`. */
export async function eventually<T>(assertion: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
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
