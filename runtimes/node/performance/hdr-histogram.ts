/**
 * A histogram of whole numbers with a fixed relative precision, as HdrHistogram counts them
 * (hdrhistogram.github.io; Node uses its C version): what is read back are bounds of its buckets.
 */

const LARGEST = Number.MAX_SAFE_INTEGER;
const NOTHING_MIN = 9223372036854776000;

export class HdrHistogram {
  readonly #highest: number;
  readonly #unit: number;
  readonly #halfCountMagnitude: number;
  /** Counts by the lowest value of their bucket. */
  #counts = new Map<number, number>();
  #total = 0;
  #min = Infinity;
  #max = 0;
  #exceeded = 0;

  constructor(lowest = 1, highest = LARGEST, figures = 3) {
    this.#highest = highest;
    this.#unit = Math.floor(Math.log2(lowest));
    const magnitude = Math.ceil(Math.log2(2 * 10 ** figures));
    this.#halfCountMagnitude = Math.max(magnitude, 1) - 1;
  }

  get count(): number {
    return this.#total;
  }

  /** Values that were too large to be counted. */
  get exceeds(): number {
    return this.#exceeded;
  }

  get min(): number {
    if (this.#total === 0) return NOTHING_MIN;
    return this.#min === 0 ? 0 : this.#lowest(this.#min);
  }

  get max(): number {
    return this.#max === 0 ? 0 : this.#lowest(this.#max) + this.#size(this.#max) - 1;
  }

  get mean(): number {
    let sum = 0;
    for (const [value, count] of this.#counts) sum += this.#median(value) * count;
    return sum / this.#total;
  }

  get stddev(): number {
    const { mean } = this;
    let sum = 0;
    for (const [value, count] of this.#counts) sum += (this.#median(value) - mean) ** 2 * count;
    return Math.sqrt(sum / this.#total);
  }

  /** False where the value is outside of the histogram. */
  record(value: number): boolean {
    if (value < 0 || value > this.#highest) {
      this.#exceeded++;
      return false;
    }
    this.#add(value, 1);
    return true;
  }

  /** Counts all of `other` as well; answers how many of its values found no place. */
  add(other: HdrHistogram): number {
    let dropped = 0;
    for (const [value, count] of other.#counts) {
      if (value > this.#highest) dropped += count;
      else this.#add(value, count);
    }
    this.#exceeded += other.#exceeded;
    return dropped;
  }

  reset(): void {
    this.#counts = new Map();
    this.#total = 0;
    this.#min = Infinity;
    this.#max = 0;
    this.#exceeded = 0;
  }

  percentile(percentile: number): number {
    const wanted = Math.max(Math.floor((Math.min(percentile, 100) / 100) * this.#total + 0.5), 1);
    let seen = 0;
    for (const [value, count] of this.#sorted()) {
      seen += count;
      if (seen >= wanted) return value;
    }
    return 0;
  }

  /** Percentiles in steps that halve the distance to 100, each with its value. */
  *percentiles(): Generator<readonly [percentile: number, value: number]> {
    let next = 0;
    let seen = 0;
    let value = 0;
    for (const [lowest, count] of this.#sorted()) {
      seen += count;
      value = lowest;
      while (next <= (100 * seen) / this.#total) {
        yield [next, value];
        // The last value's percentiles would come ever closer to 100.
        if (seen === this.#total) break;
        next += 100 / 2 ** (Math.trunc(Math.log2(100 / (100 - next))) + 1);
      }
    }
    yield [100, value];
  }

  #add(value: number, count: number): void {
    const lowest = this.#lowest(value);
    this.#counts.set(lowest, (this.#counts.get(lowest) ?? 0) + count);
    this.#total += count;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  #sorted(): (readonly [value: number, count: number])[] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  /** Values that share `value`'s bucket: as many as this. */
  #size(value: number): number {
    const bits = value < 1 ? 0 : Math.floor(Math.log2(value)) + 1;
    const magnitude = this.#unit + this.#halfCountMagnitude + 1;
    return 2 ** (this.#unit + Math.max(0, bits - magnitude));
  }

  #lowest(value: number): number {
    const size = this.#size(value);
    return Math.floor(value / size) * size;
  }

  #median(value: number): number {
    return value + Math.floor(this.#size(value) / 2);
  }
}
