/** A component that is drawn again only if one of its properties has changed. */
import { Component } from "preact"

export abstract class Pure<Props extends object> extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const before = this.props as Record<string, unknown>
    return Object.entries(next).some(([name, value]) => before[name] !== value)
  }
}
