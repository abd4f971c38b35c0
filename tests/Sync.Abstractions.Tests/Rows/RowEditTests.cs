namespace Collection.Sync.Abstractions.Tests;

public sealed class RowEditTests
{
    [Fact]
    public void Correlation_id_has_what_a_server_takes() =>
        (new RowEdit(1, FieldValues.None) { CorrelationId = "A-z_09" + new string('x', 58) }).CorrelationId!.Length.ShouldBe(64);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("\u00e4")]
    [InlineData("12345678-12345678-12345678-12345678-12345678-12345678-12345678-12")]
    public void Another_correlation_id_is_refused(string id) =>
        Should.Throw<ArgumentException>(() => new RowEdit(1, FieldValues.None) { CorrelationId = id }).Message.ShouldContain("1 to 64 of A-Z");
}
