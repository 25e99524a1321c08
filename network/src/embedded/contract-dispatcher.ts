import { DomainError } from '@kesu/chaincode/domain';
import { keepCertificatesParsed } from '@kesu/chaincode/shim';
import { LedgerError } from '../ledger';
import type { TransactionStub } from './transaction-stub';

/** A class of `fabric-contract-api` contracts, as Fabric's own bootstrap takes it. */
export type ContractClass = new () => object;

interface Response {
  readonly status: number;
  readonly message?: string;
  readonly payload?: Uint8Array;
}

interface Chaincode {
  readonly metadata: { readonly contracts: Readonly<Record<string, { readonly transactions: readonly { readonly name: string }[] }>> };
  Invoke(stub: TransactionStub): Promise<Response>;
}

type ChaincodeClass = new (contracts: ContractClass[], serializers: object, metadata: object, title: string, version: string) => Chaincode;

const OK = 200;
const SYSTEM_CONTRACT = 'org.hyperledger.fabric';
/** The loggers of fabric-shim that stand in a call's way: each formats every line before its level is looked at. */
const SHIM_LOGGERS = ['contracts-spi/chaincodefromcontract.js', 'contracts-spi/datamarshall.js', 'lib/chaincode.js'];
const CONTRACT_LOGGERS = ['./lib/contract.js', './lib/jsontransactionserializer.js'];

/**
 * Runs contract classes through fabric-shim's own dispatcher, so that no second implementation of a rule, of a parameter
 * or of an error exists (architecture.md, "Inside network/"). The dispatcher is internal to fabric-shim 2.5.8, which is pinned.
 */
export class ContractDispatcher {
  /** The names of all transactions, `contract:function`. */
  readonly transactions: ReadonlySet<string>;
  readonly #chaincode: Chaincode;

  constructor(contracts: readonly ContractClass[]) {
    this.#chaincode = load(contracts);
    this.transactions = new Set(
      Object.entries(this.#chaincode.metadata.contracts)
        .filter(([name]) => name !== SYSTEM_CONTRACT)
        .flatMap(([name, contract]) => contract.transactions.map((transaction) => `${name}:${transaction.name}`)),
    );
  }

  /**
   * Runs one transaction and answers its result.
   * @throws DomainError when a rule said no; LedgerError `unavailable` when the ledger or a defect stood in the way.
   */
  async dispatch(stub: TransactionStub): Promise<string> {
    const response = await this.#chaincode.Invoke(stub);
    if (stub.failure !== undefined) throw stub.failure;
    if (response.status === OK) return Buffer.from(response.payload ?? []).toString('utf8');
    const message = response.message ?? '';
    throw DomainError.fromMessage(message) ?? new LedgerError('unavailable', `the contract failed: ${message}`);
  }
}

/** Loaded late: fabric-shim reads its log level when it is first required, and a debug level halves its speed. */
function load(contracts: readonly ContractClass[]): Chaincode {
  process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'ERROR';
  /* eslint-disable @typescript-eslint/no-require-imports -- late, behind the log level, and without types of their own */
  const ChaincodeFromContract = require('fabric-shim/lib/contract-spi/chaincodefromcontract.js') as ChaincodeClass;
  const { JSONSerializer } = require('fabric-contract-api') as { readonly JSONSerializer: unknown };
  // What they say goes to the caller too: a refusal is an answer, not an error of the ledger's.
  silence(require('fabric-shim/lib/logger.js') as Loggers, SHIM_LOGGERS);
  silence(require('fabric-contract-api/lib/logger.js') as Loggers, CONTRACT_LOGGERS);
  /* eslint-enable @typescript-eslint/no-require-imports */
  keepCertificatesParsed();
  const serializers = { transaction: 'jsonSerializer', serializers: { jsonSerializer: JSONSerializer } };
  // The dispatcher pushes its own contract into the list that it is given.
  return new ChaincodeFromContract([...contracts], serializers, {}, 'kesu', '1');
}

interface Loggers {
  getLogger(name: string): { silent: boolean };
}

function silence(loggers: Loggers, names: readonly string[]): void {
  for (const name of names) loggers.getLogger(name).silent = true;
}
