using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Turns an assembly in Webcil 0.0 inside a WebAssembly module back into a PE file that the compiler
/// and the linker can read. Webcil is a PE file without its headers; dotnet/runtime describes it in
/// docs/design/mono/webcil.md.
/// </summary>
public sealed class UnwrapWebcil : Task
{
    private const int HeaderSize = 28;
    private const int SectionHeaderSize = 16;
    private const int FileAlignment = 0x200;
    private const int SectionAlignment = 0x2000;
    private const int PeHeaderOffset = 0x80;

    [Required]
    public ITaskItem[] Sources { get; set; }

    /// <summary>One path for each of <see cref="Sources"/>, in the same order.</summary>
    [Required]
    public ITaskItem[] Destinations { get; set; }

    public override bool Execute()
    {
        for (var i = 0; i < Sources.Length; i++)
        {
            var source = Sources[i].ItemSpec;
            var destination = Destinations[i].ItemSpec;
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(destination));
                File.WriteAllBytes(destination, ToPe(DataSegment(File.ReadAllBytes(source), 1)));
            }
            catch (Exception exception) when (exception is InvalidDataException || exception is IOException)
            {
                Log.LogError("{0} could not be unwrapped: {1}", source, exception.Message);
            }
        }

        return !Log.HasLoggedErrors;
    }

    private static byte[] DataSegment(byte[] module, int index)
    {
        const int DataSection = 11;
        const int Passive = 1;
        Require(module.Length > 8 && BitConverter.ToUInt32(module, 0) == 0x6D736100, "it is not a WebAssembly module.");

        for (var at = 8; at < module.Length;)
        {
            var section = module[at++];
            var size = ReadLeb128(module, ref at);
            if (section != DataSection)
            {
                at += size;
                continue;
            }

            var count = ReadLeb128(module, ref at);
            Require(index < count, "its data segment is missing.");
            for (var segment = 0; ; segment++)
            {
                Require(module[at++] == Passive, "its data segment is not passive.");
                var length = ReadLeb128(module, ref at);
                if (segment == index)
                {
                    return module.Skip(at).Take(length).ToArray();
                }

                at += length;
            }
        }

        throw new InvalidDataException("it has no data section.");
    }

    private static byte[] ToPe(byte[] webcil)
    {
        Require(Encoding.ASCII.GetString(webcil, 0, 4) == "WbIL", "it holds no Webcil.");
        Require(BitConverter.ToUInt32(webcil, 4) == 0, "its Webcil version is not 0.0.");
        var cliRva = BitConverter.ToInt32(webcil, 12);
        var cliSize = BitConverter.ToInt32(webcil, 16);

        var sections = new List<Section>();
        for (var i = 0; i < BitConverter.ToUInt16(webcil, 8); i++)
        {
            var at = HeaderSize + (i * SectionHeaderSize);
            sections.Add(new Section
            {
                VirtualSize = BitConverter.ToInt32(webcil, at),
                Rva = BitConverter.ToInt32(webcil, at + 4),
                RawSize = BitConverter.ToInt32(webcil, at + 8),
                WebcilOffset = BitConverter.ToInt32(webcil, at + 12),
            });
        }

        var headersSize = Align(PeHeaderOffset + 24 + 224 + (sections.Count * 40), FileAlignment);
        var fileOffset = headersSize;
        foreach (var section in sections)
        {
            section.FileSize = Align(section.RawSize, FileAlignment);
            section.FileOffset = fileOffset;
            fileOffset += section.FileSize;
        }

        var last = sections[sections.Count - 1];
        var pe = new byte[fileOffset];
        using (var writer = new BinaryWriter(new MemoryStream(pe)))
        {
            // DOS header: only its magic and the offset of the PE header count.
            writer.Write((ushort)0x5A4D);
            writer.Seek(0x3C, SeekOrigin.Begin);
            writer.Write(PeHeaderOffset);

            // COFF header: a 32-bit library.
            writer.Seek(PeHeaderOffset, SeekOrigin.Begin);
            writer.Write(0x00004550);
            writer.Write((ushort)0x014C);
            writer.Write((ushort)sections.Count);
            writer.Write(new byte[12]);
            writer.Write((ushort)224);
            writer.Write((ushort)0x2022);

            // Optional header, PE32.
            writer.Write((ushort)0x010B);
            writer.Write((ushort)0x0030);
            writer.Write(sections[0].FileSize);
            writer.Write(0L);
            writer.Write(0);
            writer.Write(sections[0].Rva);
            writer.Write(0);
            writer.Write(0x00400000);
            writer.Write(SectionAlignment);
            writer.Write(FileAlignment);
            writer.Write(4L);
            writer.Write(4L);
            writer.Write(Align(last.Rva + last.VirtualSize, SectionAlignment));
            writer.Write(headersSize);
            writer.Write(0);
            writer.Write((ushort)3);
            writer.Write((ushort)0x8540);
            writer.Write(0x00100000);
            writer.Write(0x1000);
            writer.Write(0x00100000);
            writer.Write(0x1000);
            writer.Write(0);
            writer.Write(16);
            writer.Write(new byte[14 * 8]);
            writer.Write(cliRva);
            writer.Write(cliSize);
            writer.Write(0L);

            foreach (var section in sections)
            {
                var isCode = cliRva >= section.Rva && cliRva < section.Rva + section.VirtualSize;
                writer.Write(Encoding.ASCII.GetBytes(isCode ? ".text\0\0\0" : ".data\0\0\0"));
                writer.Write(section.VirtualSize);
                writer.Write(section.Rva);
                writer.Write(section.FileSize);
                writer.Write(section.FileOffset);
                writer.Write(new byte[12]);
                writer.Write(isCode ? 0x60000020 : 0x40000040);
            }
        }

        foreach (var section in sections)
        {
            var available = Math.Min(section.RawSize, webcil.Length - section.WebcilOffset);
            Array.Copy(webcil, section.WebcilOffset, pe, section.FileOffset, available);
        }

        return pe;
    }

    private static int ReadLeb128(byte[] bytes, ref int at)
    {
        var value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private static int Align(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidDataException(message);
        }
    }

    private sealed class Section
    {
        public int VirtualSize;
        public int Rva;
        public int RawSize;
        public int WebcilOffset;
        public int FileOffset;
        public int FileSize;
    }
}
