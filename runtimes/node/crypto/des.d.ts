declare module "des.js" {
  interface BlockCipher {
    _update(input: Uint8Array, at: number, output: Uint8Array, to: number): void;
  }
  const DES: {
    readonly EDE: {
      create(options: { type: "encrypt" | "decrypt"; key: Uint8Array }): BlockCipher;
    };
  };
  export default DES;
}
