/** WebSockets (RFC 6455). Only a node with a page needs them, so they have a bundle of their own. */
export { type WebSocket, WebSocketServer } from "ws"
