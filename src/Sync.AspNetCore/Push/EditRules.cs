using System.Collections.Frozen;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>What may be edited in a collection. Immutable.</summary>
internal sealed class EditRules
{
    private readonly FrozenDictionary<string, int> _fields;
    private readonly FrozenSet<int> _editable;

    /// <exception cref="ArgumentException">No field, an unknown one, or the key.</exception>
    public EditRules(CollectionSchema schema, IReadOnlyCollection<string> editable)
    {
        if (editable.Count == 0)
            throw new ArgumentException($"No field of '{schema.Name}' was named that may be edited: name at least one.", nameof(editable));
        if (editable.Contains(schema.Key.Name))
            throw new ArgumentException($"'{schema.Key.Name}' is the key of '{schema.Name}': a row with another key is another row, so the key is not edited.", nameof(editable));
        Schema = schema;
        _fields = schema.Fields.Select((field, i) => KeyValuePair.Create(field.Name, i)).ToFrozenDictionary(StringComparer.Ordinal);
        _editable = editable.Select(schema.IndexOf).ToFrozenSet();
    }

    private EditRules(EditRules rules, int stamp)
    {
        Schema = rules.Schema;
        Stamp = stamp;
        _fields = rules._fields;
        _editable = rules._editable;
    }

    public CollectionSchema Schema { get; }

    /// <summary>The field that takes the server's time, if there is one.</summary>
    public int? Stamp { get; }

    /// <exception cref="ArgumentException">The field is unknown, edited, or no timestamp.</exception>
    public EditRules WithStamp(string name)
    {
        var index = Schema.IndexOf(name);
        if (Schema.Fields[index].Kind != FieldKind.Timestamp)
            throw new ArgumentException($"Field '{name}' of '{Schema.Name}' is of kind {Schema.Fields[index].Kind}: only a Timestamp takes the time of an edit.", nameof(name));
        if (_editable.Contains(index))
            throw new ArgumentException($"Field '{name}' of '{Schema.Name}' may be edited: the time of the edit would overwrite what was sent.", nameof(name));
        return new EditRules(this, index);
    }

    /// <returns>The index of the field, or -1.</returns>
    public int IndexOf(string name) => _fields.GetValueOrDefault(name, -1);

    public bool IsEditable(int field) => _editable.Contains(field);
}
