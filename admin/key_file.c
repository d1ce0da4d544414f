#include "admin/key_file.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"

int key_file_read(const char *path, struct public_key *ret_key, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(64 * KIB);
	const char *line;

	if (file_read(AT_FDCWD, path, &text, err) < 0)
		return -1;
	line = buffer_text(&text);
	while (*line == '#' || *line == '\n' || *line == '\r') {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (public_key_parse(line, ret_key, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}
