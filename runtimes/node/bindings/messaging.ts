/** internalBinding("messaging"): ports, channels, clones. */
import type { BindingFactory } from "../environment.ts";
import { codedError } from "../errors.ts";
import { deserialize, serialize } from "../messaging/message.ts";
import { makePorts } from "../messaging/message-port.ts";
import { PortEnd } from "../messaging/port-link.ts";
import { remoteEnd } from "../messaging/thread-wire.ts";

export const messaging: BindingFactory = (env) => {
  const ports = makePorts(env, (end) => remoteEnd(env, end));
  /** Broadcast channels of this thread by name. */
  const groups = new Map<string, Set<PortEnd>>();

  /** No class: Node's refuses a call with a code. */
  function MessageChannel(this: { port1: object; port2: object }): void {
    if (new.target === undefined) {
      throw codedError(
        TypeError,
        "ERR_CONSTRUCT_CALL_REQUIRED",
        "Class constructor MessageChannel cannot be invoked without `new`",
      );
    }
    const [one, two] = PortEnd.pair();
    this.port1 = ports.create(one);
    this.port2 = ports.create(two);
  }

  const binding = {
    /** Set while the realm boots. */
    DOMException: undefined as unknown,
    emitMessage: undefined as unknown,
    createObject: undefined as unknown,
    createPort: ports.create,
    MessageChannel,
    MessagePort: ports.MessagePort,
    stopMessagePort: ports.stop,
    drainMessagePort: ports.drain,
    receiveMessageOnPort: ports.receive,
    moveMessagePortToContext(port: object) {
      if (!ports.isPort(port)) {
        throw codedError(
          TypeError,
          "ERR_INVALID_ARG_TYPE",
          'The "port" argument must be a MessagePort instance',
        );
      }
      if ((port as { isDetached?: boolean }).isDetached) {
        throw codedError(
          Error,
          "ERR_CLOSED_MESSAGE_PORT",
          "Cannot send data on closed MessagePort",
        );
      }
      return ports.create(ports.detach(port));
    },
    setDeserializerCreateObjectFunction(create: (info: string) => object) {
      binding.createObject = create;
    },
    broadcastChannel(name: string) {
      const group = groups.get(name) ?? new Set<PortEnd>();
      groups.set(name, group);
      const end = new PortEnd();
      end.isGroup = true;
      for (const other of group) {
        if (other.closed) group.delete(other);
        else {
          other.peers.add(end);
          end.peers.add(other);
        }
      }
      group.add(end);
      return ports.create(end);
    },
    structuredClone(value: unknown, { transfer = [] }: { transfer?: readonly unknown[] } = {}) {
      return deserialize(env, serialize(env, value, transfer, ports.isPort), ports.isPort).value;
    },
    exposeLazyDOMExceptionProperty(target: object) {
      Object.defineProperty(target, "DOMException", {
        configurable: true,
        enumerable: false,
        get: () => binding.DOMException,
        set(value: unknown) {
          Object.defineProperty(target, "DOMException", {
            value,
            configurable: true,
            enumerable: false,
            writable: true,
          });
        },
      });
    },
  };
  return binding;
};
