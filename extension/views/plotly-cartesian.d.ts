/** The bundle carries no types; `plotly.ts` states the part that is used. */
declare module "plotly.js/dist/plotly-cartesian.min.js" {
  const library: unknown;
  export default library;
}
