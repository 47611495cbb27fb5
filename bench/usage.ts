// Loaded into each measured process (NODE_OPTIONS=--import): writes what it used when it ends.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

// From the first request on: before it the program is loaded, during which nothing waits yet.
const delays = monitorEventLoopDelay({ resolution: 5 });
const realFetch = globalThis.fetch;
globalThis.fetch = (...request) => {
  delays.enable();
  globalThis.fetch = realFetch;
  return realFetch(...request);
};

process.on('exit', () => {
  const file = process.env.BENCH_USAGE_FILE;
  const maxStretchMs = delays.count > 0 ? delays.max / 1e6 : 0;
  if (file !== undefined) writeFileSync(file, JSON.stringify({ ...process.resourceUsage(), maxStretchMs }));
});
