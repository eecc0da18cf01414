declare const brand: unique symbol;

/** A string whose swap with another string would harm production. Only its parser makes one. */
export type Brand<Name extends string> = string & { readonly [brand]: Name };
