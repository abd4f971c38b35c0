using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

public sealed class SyncedTableTests
{
    [Theory]
    [InlineData(FieldKind.Text)]
    [InlineData(FieldKind.Guid)]
    public void Key_that_is_no_integer_is_refused_at_registration(FieldKind kind)
    {
        var schema = new CollectionSchema("things", [new("code", kind) { IsKey = true }]);

        Should.Throw<ArgumentException>(() => new SyncedTable(schema, "things")).Message.ShouldContain($"The key 'code' of 'things' is of kind {kind}");
    }
}
