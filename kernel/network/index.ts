/** How the tensors of a network hang together, and what each is. */
export { wiring, type Wiring, type WiringOptions } from "./wiring";
export {
  axesOf,
  entriesIn,
  entriesOf,
  keptEntries,
  type ChannelGroup,
  type ChannelPlace,
  type ChannelRole,
  type ChannelSection,
} from "./channels";
export type { Block, NamedShape } from "./numbered-blocks";
export { isWeight, roleOf, rolesOf, withRoles, withRolesInTurns, type JudgedModel } from "./roles";
export type { JudgedTensor } from "./roles/subject";
