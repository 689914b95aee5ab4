// Times as people read them. Campaign times are ISO 8601 with their own offset: what stands there is shown.

const WEEKDAYS = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

/** Take wall-clock parts out of an ISO time, or out of real seconds in Asia/Shanghai (UTC+8, no DST). */
export function wall(iso, seconds = 0) {
  const text = iso || new Date((seconds + 8 * 3600) * 1000).toISOString();
  const [, year, month, day, hour, minute] = text.match(/^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/).map(Number);
  const weekday = WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return { year, month, day, weekday, time: `${two(hour)}:${two(minute)}`, date: `${year}-${two(month)}-${two(day)}` };
}

const two = (number) => String(number).padStart(2, "0");

export const longDay = (at) => `${at.year}年${at.month}月${at.day}日 ${at.weekday}`;
export const shortDay = (at) => `${at.month}月${at.day}日`;
export const dayAndTime = (at) => `${shortDay(at)} ${at.weekday} ${at.time}`;

/** Move an ISO time by seconds, keeping its offset. */
export function later(iso, seconds) {
  const offset = iso.match(/([+-])(\d\d):(\d\d)$/);
  const minutes = offset ? (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
  const moved = new Date(Date.parse(iso) + seconds * 1000 + minutes * 60000);
  return moved.toISOString().replace(/\.\d+Z$/, offset ? offset[0] : "Z");
}
