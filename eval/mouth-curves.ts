/** What scores look at in rows of mouth parameters: jaw, rounding, lip aperture. */
import { columnOf, type Numbers } from './statistics.ts';

/** Share of raised upper and lowered lower lip in the aperture; same as lip_aperture in models/train/decoding.py. */
const LIP_SHARE = 0.45;

/** Named columns of rows × parameters. */
export class MouthCurves {
  readonly jaw: Float64Array;
  /** mouthFunnel + mouthPucker. */
  readonly rounding: Float64Array;
  /** How far the lips are apart, 0 = shut. */
  readonly aperture: Float64Array;

  /** @param rows row-major, `parameters.length` values per moment */
  constructor(rows: Numbers, parameters: readonly string[]) {
    const column = (name: string): Float64Array => {
      const at = parameters.indexOf(name);
      if (at < 0) throw new RangeError(`no mouth parameter is named ${name}`);
      return columnOf(rows, parameters.length, at);
    };
    const [close, up, down] = ['mouthClose', 'mouthUpperUp', 'mouthLowerDown'].map(column);
    const [funnel, pucker] = ['mouthFunnel', 'mouthPucker'].map(column);
    this.jaw = column('jawOpen');
    this.rounding = this.jaw.map((_, i) => funnel![i]! + pucker![i]!);
    this.aperture = this.jaw.map((jaw, i) => {
      const opened = Math.min(1, Math.max(0, jaw - close![i]!));
      return opened + LIP_SHARE * (up![i]! + down![i]!);
    });
  }
}
