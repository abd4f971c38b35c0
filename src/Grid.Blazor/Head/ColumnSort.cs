using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>What a heading makes of the order of rows: ascending, descending, and as before.</summary>
internal static class ColumnSort
{
    /// <summary>The order after a heading was chosen.</summary>
    /// <param name="sort">The order so far.</param>
    /// <param name="field">The heading's field.</param>
    /// <param name="isAdded">True to keep the other fields: a new one is sorted by last, one that is there keeps its place.</param>
    public static ImmutableArray<FieldSort> Next(ImmutableArray<FieldSort> sort, string field, bool isAdded)
    {
        var place = PlaceOf(sort, field);
        if (isAdded && place < 0)
            return sort.Add(new FieldSort(field));
        if (!isAdded && (place < 0 || sort.Length > 1))
            return [new FieldSort(field)];
        return sort[place].Direction == SortDirection.Ascending
            ? sort.SetItem(place, sort[place] with { Direction = SortDirection.Descending })
            : sort.RemoveAt(place);
    }

    /// <summary>Which of the fields it is, from 0; -1 for none.</summary>
    public static int PlaceOf(ImmutableArray<FieldSort> sort, string? field)
    {
        for (var i = 0; i < sort.Length; i++)
        {
            if (sort[i].Field == field)
                return i;
        }

        return -1;
    }
}
