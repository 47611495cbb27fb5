// NODE_OPTIONS=--import loads this file into each measured process. When the process ends, it writes what it used.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

// Measure from the first request on. Until then the program is loading, and nothing waits for the event loop.
const delays = monitorEventLoopDelay({ resolution: 5 });
const realFetch = globalThis.fetch;
globalThis.fetch = (...request) => {
  delays.enable();
  globalThis.fetch = realFetch;
  return realFetch(...request);
};

process.on('exit', () => {
  const file = process.env.BENCH_USAGE_FILE;
  const maxBlockMs = delays.count > 0 ? delays.max / 1e6 : 0;
  if (file !== undefined) writeFileSync(file, JSON.stringify({ ...process.resourceUsage(), maxBlockMs }));
});
