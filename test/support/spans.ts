import { msPerMinute } from '../../src/time/duration.ts';

export const msPerHour = 60 * msPerMinute;
export const hoursPerDay = 24;
export const minutesPerDay = 60 * hoursPerDay;
