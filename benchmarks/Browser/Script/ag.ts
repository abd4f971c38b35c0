/**
 * The peer of our grid: AG Grid Community with its infinite row model over Dexie, as a careful team puts them together. The
 * keys of a view are in an array, so that a block is one bulkGet; all else is as AG Grid has it by default, but for
 * the height of rows.
 */
import { AllCommunityModule, createGrid, ModuleRegistry, themeQuartz, type GridApi, type IDatasource } from 'ag-grid-community';
import { opened } from './dexie.ts';

const ROW_HEIGHT = 32;

interface Peer {
  /** Rows read so far. */
  fetched(): number;
  /** Sorts by a field, with a minus before it for descending, and filters by a platform; by nothing where empty. */
  choose(sort: string, platform: string): Promise<void>;
}

export async function show(container: HTMLElement): Promise<Peer> {
  ModuleRegistry.registerModules([AllCommunityModule]);
  const database = await opened();
  let fetched = 0;

  const datasource = async (sort: string, platform: string): Promise<IDatasource> => {
    const field = sort.replace('-', '');
    const chosen = platform ? database.rows.where('platform').equals(platform) : field ? database.rows.orderBy(field) : database.rows.toCollection();
    const keys = await (sort.startsWith('-') || !field ? chosen.reverse() : chosen).primaryKeys();
    return {
      rowCount: keys.length,
      getRows: ({ startRow, endRow, successCallback, failCallback }) => {
        const wanted = keys.slice(startRow, endRow);
        fetched += wanted.length;
        database.rows.bulkGet(wanted).then(rows => successCallback(rows, keys.length), failCallback);
      },
    };
  };

  const first = await datasource('', '');
  const api: GridApi = createGrid(container, {
    theme: themeQuartz,
    rowModelType: 'infinite',
    rowHeight: ROW_HEIGHT,
    datasource: first,
    infiniteInitialRowCount: first.rowCount!,
    suppressColumnVirtualisation: true,
    columnDefs: [
      { field: 'id', width: 100 },
      { field: 'display_name', width: 300 },
      { field: 'platform', width: 130 },
      { field: 'times_seen', width: 90 },
      { field: 'feedback_percent', width: 90 },
      { field: 'feedback_count', width: 110 },
      { field: 'created_at', width: 200 },
    ],
  });
  return {
    fetched: () => fetched,
    choose: async (sort, platform) => api.setGridOption('datasource', await datasource(sort, platform)),
  };
}
