/**
 * In place of the library `preact/hooks`: the hooks that the page uses. An effect runs when the elements are in the
 * document, before they are shown. Like the library, it uses names that Preact keeps for its own libraries: `__r` is
 * called before a component is drawn, `__c` is the component of an element, and `__h` are its callbacks after drawing.
 *
 * @module
 */
import { type Component, options } from "preact";

interface Slot {
  // deno-lint-ignore no-explicit-any
  value?: any;
  dependencies?: readonly unknown[] | undefined;
  /** Ends an effect. */
  end?: (() => void) | void;
}

interface Drawn extends Component {
  slots?: Slot[];
  __h: (() => void)[];
}

interface Hooked {
  __r?: (element: { __c: Drawn }) => void;
  unmount?: (element: { __c?: Drawn }) => void;
}

let component: Drawn;
let next = 0;

const hooked = options as unknown as Hooked;
hooked.__r = (element) => {
  component = element.__c;
  next = 0;
};
hooked.unmount = (element) => element.__c?.slots?.forEach(({ end }) => end?.());

function slot(): Slot {
  return (component.slots ??= [])[next++] ??= {};
}

/** Keeps an object that is the same whenever the component is drawn. */
export function useRef<Value>(current: Value): { current: Value } {
  return slot().value ??= { current };
}

/** Keeps a value, and draws the component again when it is set to another one. */
export function useState<Value>(
  first: Value | (() => Value),
): [Value, (value: Value | ((value: Value) => Value)) => void] {
  const own = component;
  const state = slot();
  const of = (value: unknown, before?: Value) => typeof value === "function" ? value(before) : value;
  state.value ??= [of(first), (value: unknown) => {
    const [before, set] = state.value;
    const after = of(value, before);
    if (Object.is(before, after)) return;
    state.value = [after, set];
    own.setState({});
  }];
  return state.value;
}

/** Runs an effect after drawing, if a dependency has changed; before that ends the one that ran before. */
export function useLayoutEffect(effect: () => (() => void) | void, dependencies?: readonly unknown[]): void {
  const own = slot();
  const before = own.dependencies;
  if (before && dependencies?.every((dependency, i) => Object.is(dependency, before[i]))) return;
  component.__h.push(() => {
    own.dependencies = dependencies;
    own.end?.();
    own.end = effect();
  });
}

/** As {@linkcode useLayoutEffect}. */
export const useEffect = useLayoutEffect;
