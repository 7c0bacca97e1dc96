/** How many columns a grid of people has. Pure. */

/** Columns in windows that are wider than high, and higher than wide. */
export type GridShape = { readonly landscape: number; readonly portrait: number };

/** Shape of the grid for `people` avatars, 1–12, such that the pictures, which are square, come out large. */
export function gridShape(people: number): GridShape {
  if (people <= 1) return { landscape: 1, portrait: 1 };
  if (people === 2) return { landscape: 2, portrait: 1 };
  if (people <= 4) return { landscape: people === 3 ? 3 : 2, portrait: 2 };
  if (people <= 6) return { landscape: 3, portrait: 2 };
  return { landscape: 4, portrait: 3 };
}
