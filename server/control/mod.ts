/**
 * The operator's socket: commands on the hub's machine ask a running hub, and change it, over a socket in its data
 * folder. Only the owner of the folder can connect.
 *
 * May import: nothing.
 *
 * - `operator_client`: asks a hub
 * - `operator_request`: what is asked and answered
 * - `operator_socket`: the side of the hub
 * - `unix_socket`: what all sockets on the machine share
 *
 * @module
 */
export { askOperator } from "./operator_client.ts";
export {
  type AuditInfo,
  type InviteInfo,
  type OperatorAnswer,
  OperatorError,
  type OperatorHandler,
  operatorHandler,
  type OperatorInfo,
  type OperatorRequest,
  type OperatorResult,
  type OwnedNameInfo,
  parseOperatorRequest,
  type TokenInfo,
  type WantedInvite,
  type WantedToken,
} from "./operator_request.ts";
export { OPERATOR_SOCKET_FILE, OperatorSocket } from "./operator_socket.ts";
export { listenPrivately, readToEnd, writeWhole } from "./unix_socket.ts";
