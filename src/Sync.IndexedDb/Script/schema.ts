/** The type of a field; the numbers are those of the page format. */
export const enum FieldKind {
  Boolean = 1,
  Int32 = 2,
  Int64 = 3,
  Double = 4,
  Timestamp = 5,
  Text = 6,
  /** Of keys alone. */
  Guid = 8,
}

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly nullable: boolean;
  readonly indexed: boolean;
  readonly searchable: boolean;
}

/** What a collection's rows look like, as C# describes it. */
export interface Schema {
  readonly name: string;
  /** 16 hexadecimal digits: data of another schema is never read. */
  readonly hash: string;
  /** The position of the key among the fields. */
  readonly key: number;
  /** True where views without a sort show the largest key first. */
  readonly descending: boolean;
  readonly fields: readonly Field[];
}
