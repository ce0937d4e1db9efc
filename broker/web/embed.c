/* Build step: embed OUT FILE... writes the files as C arrays into OUT. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;

	if (!out)
		return 2;
	fprintf(out, "#include \"asset.h\"\n");
	for (int i = 2; i < argc; i++) {
		FILE *in = fopen(argv[i], "rb");
		int c, n = 0;

		if (!in)
			return 1;
		fprintf(out, "static const unsigned char a%d[] = {", i);
		while ((c = fgetc(in)) != EOF)
			fprintf(out, "%s%d,", n++ % 24 ? "" : "\n", c);
		fprintf(out, "0};\n");
		fclose(in);
	}
	fprintf(out, "const struct asset assets[] = {\n");
	for (int i = 2; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');

		fprintf(out, "\t{\"%s\", a%d, sizeof(a%d) - 1},\n", slash ? slash + 1 : argv[i], i,
			i);
	}
	fprintf(out, "\t{NULL, NULL, 0},\n};\n");
	return fclose(out) ? 1 : 0;
}
