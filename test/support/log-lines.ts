import { createLogger, type DestinationStream, type Logger, type LogLevel } from '../../src/logging.ts';

export interface LogLine {
  level: string;
  time: string;
  msg: string;
  [field: string]: unknown;
}

export interface RecordedLog {
  log: Logger;
  /** For code that creates its own logger. */
  destination: DestinationStream;
  lines: LogLine[];
  /** The same lines as text. */
  written: string[];
}

/** Creates a real log whose lines a test can read. */
export function recordLog(level: LogLevel = 'info'): RecordedLog {
  const lines: LogLine[] = [];
  const written: string[] = [];
  const destination: DestinationStream = {
    write(line) {
      written.push(line);
      lines.push(JSON.parse(line));
    },
  };
  return { log: createLogger(level, destination), destination, lines, written };
}
