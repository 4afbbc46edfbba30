/** The share cut from each end of the sorted samples: garbage collections and other load on the machine. */
const trim = 0.1

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Trimmed mean and the squared standard error of it, by the winsorized variance (Yuen 1974). */
const summary = (samples: ReadonlyArray<number>) => {
  const sorted = samples.toSorted((a, b) => a - b)
  const cut = Math.floor(trim * sorted.length)
  const kept = sorted.slice(cut, sorted.length - cut)
  const [low = 0, high = 0] = [kept[0], kept.at(-1)]
  const winsorized = sorted.map((value) => Math.min(Math.max(value, low), high))
  const center = mean(winsorized)
  const squares = winsorized.reduce((sum, value) => sum + (value - center) ** 2, 0)
  return { mean: mean(kept), error: squares / (kept.length * (kept.length - 1)) }
}

/**
 * Welch's t of the trimmed means of two samples: they differ if it is above 4.5 or below -4.5 (the threshold of Reparaz, Balasch and
 * Verbauwhede, "Dude, is my code constant time?", 2017).
 */
export const welchT = (left: ReadonlyArray<number>, right: ReadonlyArray<number>) => {
  const [a, b] = [summary(left), summary(right)]
  return (a.mean - b.mean) / Math.sqrt(a.error + b.error)
}

export const threshold = 4.5
