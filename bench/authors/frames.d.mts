/** Types of frames.mjs, for programs in TypeScript. */
export declare const stream: string
export declare const postOf: (n: number, at: number, text: string) => string
export declare const makeSplitter: () => (piece: string) => Array<string>
